// X509Certificate: the fields of a certificate.
import { Buffer } from "../node/buffer.js";
import { invalidArgument } from "../node/errors.js";
import { copied, needBytes } from "./bytes.js";
import { call } from "./call.js";
import { KeyObject, imported, material } from "./key.js";

export class X509Certificate {
  #info;
  #key;
  #raw;

  constructor(buffer) {
    const { info, parts } = call({ op: "certificate" }, needBytes(buffer, "buffer"));
    [this.#info, this.#key, this.#raw] = [info, copied(parts[0]), Buffer.from(parts[1])];
  }

  get subject() {
    return this.#info.subject;
  }

  get subjectAltName() {
    return this.#info.alt_names || undefined;
  }

  get issuer() {
    return this.#info.issuer;
  }

  get validFrom() {
    return this.#info.valid_from;
  }

  get validTo() {
    return this.#info.valid_to;
  }

  get serialNumber() {
    return this.#info.serial;
  }

  get fingerprint() {
    return this.#info.fingerprint;
  }

  get fingerprint256() {
    return this.#info.fingerprint256;
  }

  get ca() {
    return this.#info.ca;
  }

  get raw() {
    return this.#raw;
  }

  get publicKey() {
    return imported({ op: "import", kind: "public", format: "der", type: "spki" }, this.#key);
  }

  // verify reports whether the holder of a public key signed the certificate.
  verify(key) {
    if (!(key instanceof KeyObject)) throw invalidArgument("pkey", "an instance of KeyObject", key);
    return call({ op: "certificate" }, this.#raw, material(key)).info.verified;
  }

  checkPrivateKey(key) {
    if (!(key instanceof KeyObject) || key.type !== "private") throw invalidArgument("pkey", "an instance of KeyObject", key);
    return imported({ op: "import", kind: "public", format: "der", type: "pkcs8" }, material(key)).equals(this.publicKey);
  }

  toString() {
    const lines = this.#raw.toString("base64").match(/.{1,64}/g);
    return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
  }

  toJSON() {
    return this.toString();
  }
}
