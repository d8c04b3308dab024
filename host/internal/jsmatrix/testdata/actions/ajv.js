// compile a schema, validate, the errors of what does not fit
const Ajv = require("ajv");

exports.onExecutePostUserRegistration = async (event) => {
  const validate = new Ajv({ allErrors: true }).compile({
    type: "object", required: ["user_id", "email"], properties: { email: { type: "string", pattern: "@" }, age: { type: "integer" } },
  });
  console.log(validate(event.user), validate({ email: "no", age: 1.5 }), validate.errors.map((error) => error.message));
};
