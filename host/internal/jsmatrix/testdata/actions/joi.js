// a schema, all errors
import Joi from "joi";

const schema = Joi.object({ email: Joi.string().email().required(), n: Joi.number().min(3).default(7), when: Joi.date().iso() }).with("n", "email");
console.log(schema.validate({ email: event.user.email }).value, schema.validate({ email: "no", n: 1, x: 2 }, { abortEarly: false }).error.details.map((d) => d.message));
