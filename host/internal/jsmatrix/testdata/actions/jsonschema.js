// validate, the errors
import { Validator } from "jsonschema";

console.log(new Validator().validate({ a: 1, b: "x" }, { type: "object", properties: { a: { type: "string" }, b: { maxLength: 0 } } }).errors.map(String));
