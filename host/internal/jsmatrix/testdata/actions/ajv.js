// compile a schema, validate, the errors of what does not fit
import Ajv from "ajv";

const validate = new Ajv({ allErrors: true }).compile({
  type: "object", required: ["user_id", "email"], properties: { email: { type: "string", pattern: "@" }, age: { type: "integer" } },
});
console.log(validate(event.user), validate({ email: "no", age: 1.5 }), validate.errors.map((error) => error.message));
