// A service is a constructor of Intl: English is served by ours, other
// languages by what addService was given for them.
import { lacks, resolve, supportedLocalesOf } from "./locale.js";

const others = new Map();

// addService serves name (such as "NumberFormat") with the constructor Other in every language but English.
export const addService = (name, Other) => others.set(name, Other);

// service makes Intl's constructor name out of the class English, whose
// constructor takes (locale, options) and whose methods become its own.
export function service(name, English) {
  const inner = new WeakMap();
  const at = (self) => inner.get(self) ?? incompatible(name);
  const Service = { [name]: function (locales, options) {
    if (!new.target && name !== "NumberFormat" && name !== "Collator") throw new TypeError(`Constructor Intl.${name} requires 'new'`);
    const self = new.target ? this : Object.create(Service.prototype);
    const found = resolve(locales);
    options = withExtensions(name, found, options);
    const Other = found.data !== "en" && others.get(name);
    inner.set(self, { locale: found.locale, format: Other ? new Other(found.data, options) : new English(found.locale, options) });
    return self;
  } }[name];
  for (const method of Object.getOwnPropertyNames(English.prototype)) define(Service.prototype, method, at);
  hide(Service.prototype, Symbol.toStringTag, `Intl.${name}`, false);
  hide(Service, "supportedLocalesOf", supportedLocalesOf);
  hide(Service, "length", name === "DisplayNames" ? 2 : 0, false);
  return Service;
}

// withExtensions adds what a tag asks of a collator, and warns of what is not there.
function withExtensions(name, { locale, data, extensions }, options) {
  const system = name === "NumberFormat" && (options?.numberingSystem ?? extensions.nu);
  if (system && system !== "latn" && data === "en") lacks(`numbering system ${system}`, "numbers have Latin digits");
  if (name === "Segmenter" && options?.granularity === "word" && /^(?:ja|zh|th|lo|km|my)\b/.test(locale)) lacks(`dictionary of ${locale}`, "Intl.Segmenter finds words by spaces only");
  if (name !== "Collator") return options;
  if (!alphabetical.test(locale)) lacks(`alphabet of ${locale}`, "strings are in the order of English");
  const { kn, kf } = extensions;
  return { ...options, numeric: options?.numeric ?? (kn !== undefined && kn !== "false"), caseFirst: options?.caseFirst ?? (kf || undefined) };
}

// The languages that sort as English does.
const alphabetical = /^(?:en|de|fr|it|pt|nl|id|ms|ca|eu|ga|gl|af|sw|zu)\b/;

function incompatible(name) {
  throw new TypeError(`Method Intl.${name} called on incompatible receiver`);
}

// The methods that ECMA-402 has bound to their object.
const bound = new Set(["NumberFormat.format", "Collator.compare"]);

function define(prototype, method, at) {
  if (method === "constructor") return;
  const call = (self, args) => at(self).format[method](...args);
  if (method === "resolvedOptions") return hide(prototype, method, function resolvedOptions() {
    return { ...call(this, []), locale: at(this).locale };
  });
  if (!bound.has(`${prototype.constructor.name}.${method}`)) return hide(prototype, method, { [method](...args) { return call(this, args); } }[method]);
  Object.defineProperty(prototype, method, { configurable: true, get() {
    const slots = at(this);
    return (slots.bound ??= (...args) => slots.format[method](...args));
  } });
}

function hide(object, name, value, writable = true) {
  Object.defineProperty(object, name, { value, writable, configurable: true, enumerable: false });
}
