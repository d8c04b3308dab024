// a schema, its errors
import * as yup from "yup";

const schema = yup.object({ email: yup.string().email().required(), n: yup.number().min(3).default(7) });
console.log(await schema.validate({ email: event.user.email }));
await schema.validate({ email: "no", n: 1 }, { abortEarly: false }).catch((error) => console.log(error.name, error.errors));
