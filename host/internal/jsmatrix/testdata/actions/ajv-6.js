// version 6: compile, errors
import Ajv from "ajv-6";

const validate = new Ajv({ allErrors: true }).compile({ type: "object", required: ["a"], properties: { a: { type: "string", format: "email" }, b: { enum: [1, 2] } } });
console.log(validate({ a: event.user.email }), validate({ a: "no", b: 3 }), validate.errors.map((e) => e.dataPath + " " + e.message));
