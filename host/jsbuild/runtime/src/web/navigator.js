// navigator, as little of it as Node has.
import { expose } from "./idl.js";

const secret = Symbol("Navigator");

export class Navigator {
  constructor(key = undefined) {
    if (key !== secret) throw new TypeError("Illegal constructor");
  }
  get hardwareConcurrency() {
    return 1;
  }
  get language() {
    return "en-US";
  }
  get languages() {
    return Object.freeze(["en-US"]);
  }
  get platform() {
    return "linux";
  }
  get userAgent() {
    return `Node.js/${globalThis.process?.versions?.node?.split(".")[0] ?? "22"}`;
  }
}
expose(Navigator, "Navigator");

export const navigator = new Navigator(secret);
