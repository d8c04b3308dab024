// causes, info
import VError from "verror";

const error = new VError({ name: "MyError", cause: new Error("why"), info: { a: 1 } }, "could not %s", "go");
console.log(error.message, VError.info(error), VError.cause(error).message, error.name);
