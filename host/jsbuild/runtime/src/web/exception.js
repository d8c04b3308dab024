// DOMException, instead of the engine's own: its stack reads like that of
// every other error.
import { define, expose, missing } from "./idl.js";

const names =
  "IndexSize DOMStringSize HierarchyRequest WrongDocument InvalidCharacter NoDataAllowed NoModificationAllowed NotFound " +
  "NotSupported InUseAttribute InvalidState Syntax InvalidModification Namespace InvalidAccess Validation TypeMismatch " +
  "Security Network Abort URLMismatch QuotaExceeded Timeout InvalidNodeType DataClone";
const codes = new Map(names.split(" ").map((name, i) => [`${name}Error`, i + 1]));
const constants = {};
for (const [name, code] of codes) constants[constantOf(name)] = code;

function constantOf(name) {
  if (name.startsWith("DOMString")) return "DOMSTRING_SIZE_ERR";
  if (name.startsWith("URL")) return "URL_MISMATCH_ERR";
  if (name.startsWith("InUse")) return "INUSE_ATTRIBUTE_ERR";
  return `${name.replace(/Error$/, "").replace(/(?<=[a-z])[A-Z]/g, "_$&").toUpperCase()}_ERR`;
}

export class DOMException extends Error {
  #message;
  #name;

  constructor(message = "", options = "Error") {
    super();
    const isBag = typeof options === "object" && options !== null;
    this.#message = `${message}`.toWellFormed();
    this.#name = `${isBag ? (options.name ?? "Error") : options}`.toWellFormed();
    if (isBag && "cause" in options) define(this, "cause", options.cause);
  }
  get name() {
    return this.#name;
  }
  get message() {
    return this.#message;
  }
  get code() {
    return codes.get(this.#name) ?? 0;
  }
}
expose(DOMException, "DOMException", constants);

// encoder returns the engine's atob or btoa with these exceptions.
function encoder(name) {
  const native = globalThis[name];
  return { [name]: function (input) {
    if (arguments.length === 0) throw missing('The "input" argument must be specified');
    try {
      return native(input);
    } catch (error) {
      if (typeof error?.code !== "number") throw error;
      throw new DOMException(name === "atob" ? "The string to be decoded is not correctly encoded." : error.message, error.name);
    }
  } }[name];
}

export const atob = encoder("atob");
export const btoa = encoder("btoa");
