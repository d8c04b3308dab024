// util.MIMEType and util.MIMEParams.
import { parseType } from "../web/mime.js";
import { nodeError } from "./errors.js";

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

function check(name, value) {
  if (!token.test(value)) throw nodeError(TypeError, "ERR_INVALID_MIME_SYNTAX", `The MIME syntax for a ${name} in "${value}" is invalid`);
  return value.toLowerCase();
}

export class MIMEParams {
  #values = new Map();

  get(name) {
    return this.#values.get(`${name}`) ?? null;
  }

  has(name) {
    return this.#values.has(`${name}`);
  }

  set(name, value) {
    this.#values.set(check("parameter name", `${name}`), `${value}`);
  }

  delete(name) {
    this.#values.delete(`${name}`);
  }

  keys() {
    return this.#values.keys();
  }

  values() {
    return this.#values.values();
  }

  entries() {
    return this.#values.entries();
  }

  [Symbol.iterator]() {
    return this.entries();
  }

  toString() {
    return [...this].map(([name, value]) => `${name}=${token.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`}`).join(";");
  }

  toJSON() {
    return this.toString();
  }
}

export class MIMEType {
  #type;
  #subtype;
  #params = new MIMEParams();

  constructor(input) {
    const parsed = parseType(`${input}`);
    if (!parsed) throw nodeError(TypeError, "ERR_INVALID_MIME_SYNTAX", `The MIME syntax for a type in "${input}" is invalid`);
    [this.#type, this.#subtype] = parsed.essence.split("/");
    for (const [name, value] of Object.entries(parsed.parameters)) this.#params.set(name, value);
  }

  get type() {
    return this.#type;
  }

  set type(value) {
    this.#type = check("type", `${value}`);
  }

  get subtype() {
    return this.#subtype;
  }

  set subtype(value) {
    this.#subtype = check("subtype", `${value}`);
  }

  get essence() {
    return `${this.#type}/${this.#subtype}`;
  }

  get params() {
    return this.#params;
  }

  toString() {
    const parameters = String(this.#params);
    return parameters ? `${this.essence};${parameters}` : this.essence;
  }

  toJSON() {
    return this.toString();
  }
}
