// util.styleText: text between the escape sequences of a terminal.
import { checkString, nodeError } from "./errors.js";
import { inspect } from "./inspect.js";
import { process } from "./process.js";

// A stream that is no terminal gets the plain text, unless it is not looked at.
export function styleText(format, text, { validateStream = true, stream = process.stdout } = {}) {
  checkString(text, "text");
  if (validateStream && !stream?.isTTY) return [format].flat().reduce((kept, name) => wrapped(name, kept) && kept, text);
  return [format].flat().reduceRight((inner, name) => wrapped(name, inner), text);
}

function wrapped(name, text) {
  const codes = name === "none" ? null : inspect.colors[name];
  if (name === "none") return text;
  if (!codes) throw nodeError(TypeError, "ERR_INVALID_ARG_VALUE", `The argument 'format' must be one of: ${Object.keys(inspect.colors).map((n) => `'${n}'`).join(", ")}. Received ${inspect(name)}`);
  const [open, close] = codes;
  return `\u001b[${open}m${text}\u001b[${close}m`;
}
