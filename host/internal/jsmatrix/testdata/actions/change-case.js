// all cases
import * as cases from "change-case";

console.log(cases.camelCase("hello big_world"), cases.constantCase("helloWorld"), cases.kebabCase("HTTPServer2"));
