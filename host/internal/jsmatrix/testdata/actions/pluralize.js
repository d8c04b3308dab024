// words, numbers
import pluralize from "pluralize";

console.log(pluralize("person", 2, true), pluralize.singular("indices"), pluralize.isPlural("sheep"));
