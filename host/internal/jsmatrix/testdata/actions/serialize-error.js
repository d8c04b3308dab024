// both ways, a cause
import { deserializeError, serializeError } from "serialize-error";

const made = serializeError(new TypeError("boom", { cause: new Error("why") }));
console.log(made.name, made.message, made.cause.message, deserializeError(made) instanceof Error);
