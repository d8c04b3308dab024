// one function by its path
import get from "lodash/get.js";
import template from "lodash/template.js";

console.log(get(event, "user.email"), get(event, "a.b", 7), template("Hi <%- name %>")({ name: "<Jö>" }));
