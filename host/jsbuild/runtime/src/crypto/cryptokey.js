// CryptoKey: a KeyObject with what it may be used for.
const slots = new WeakMap(); // CryptoKey → {key, algorithm, extractable, usages}
const token = Symbol("made by this module");

export class CryptoKey {
  constructor(given, slot) {
    if (given !== token) throw Object.assign(new TypeError("Illegal constructor"), { code: "ERR_ILLEGAL_CONSTRUCTOR" });
    slots.set(this, slot);
  }

  get type() {
    return slotOf(this).key.type;
  }

  get extractable() {
    return slotOf(this).extractable;
  }

  get algorithm() {
    return slotOf(this).algorithm;
  }

  get usages() {
    return slotOf(this).usages;
  }
}

Object.defineProperty(CryptoKey.prototype, Symbol.toStringTag, { value: "CryptoKey", configurable: true });
Object.defineProperty(CryptoKey.prototype, Symbol.for("nodejs.util.inspect.custom"), {
  value(depth, options, inspect) {
    const { type, extractable, algorithm, usages } = this;
    return `CryptoKey ${inspect ? inspect({ type, extractable, algorithm, usages }, options) : ""}`;
  },
  configurable: true,
});

function slotOf(key) {
  const slot = slots.get(key);
  if (!slot) throw Object.assign(new TypeError('Value of "this" must be of type CryptoKey'), { code: "ERR_INVALID_THIS" });
  return slot;
}

// makeCryptoKey gives a KeyObject an algorithm and usages.
export function makeCryptoKey(key, algorithm, extractable, usages) {
  return new CryptoKey(token, { key, algorithm, extractable, usages: [...new Set(usages)] });
}

// keyOf returns the KeyObject in a CryptoKey.
export function keyOf(key) {
  return slotOf(key).key;
}
