// renderString
import { Eta } from "eta";

console.log(new Eta().renderString("Hi <%= it.name %> <% it.list.forEach((x) => { %><%= x %>;<% }) %>", { name: "<Jö>", list: [1, 2] }));
