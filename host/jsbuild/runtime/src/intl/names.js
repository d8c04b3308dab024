// Intl.DisplayNames. Its data is added to the actions whose code mentions it: no
// other action has any.
import { canonical, choice, supported } from "./locale.js";
import { service } from "./service.js";

const names = new Map(); // by language

// addNames takes a language's names; those with a parent are what differs from the
// parent's, which must have come before.
export function addNames({ tag, parent, ...own }) {
  const base = parent ? names.get(parent) : { types: {} };
  const types = { ...base.types };
  for (const type in own.types) {
    types[type] = { ...types[type] };
    for (const style in own.types[type]) types[type][style] = { ...types[type][style], ...own.types[type][style] };
  }
  names.set(tag, { patterns: { ...base.patterns, ...own.patterns }, types });
}

function dataOf(locale) {
  const tag = supported(locale);
  const found = names.get(tag);
  if (found) return found;
  throw new Error(`Intl.DisplayNames has no names in ${tag}: this action was built without them. Write Intl.DisplayNames in its code, and the language in its code or under "usher": {"locales": […]} in its package.json`);
}

const fields = new Set(["era", "year", "quarter", "month", "weekOfYear", "weekday", "day", "dayPeriod", "hour", "minute", "second", "timeZoneName"]);

// The codes of each type: how V8 looks them up, or undefined for what is no code.
const codes = {
  language(code) {
    return /^(?:[a-z]{2,3}|[a-z]{5,8})(?:-|$)/i.test(code) && !/-[a-z\d](?:-|$)/i.test(code) ? canonical(code) : undefined;
  },
  region: (code) => (/^(?:[a-z]{2}|\d{3})$/i.test(code) ? code : undefined),
  script: (code) => (/^[a-z]{4}$/i.test(code) ? code : undefined),
  currency: (code) => (/^[a-z]{3}$/i.test(code) ? code.toUpperCase() : undefined),
  calendar: (code) => (/^[a-z\d]{3,8}(?:-[a-z\d]{3,8})*$/i.test(code) ? code.toLowerCase() : undefined),
  dateTimeField: (code) => (fields.has(code) ? code : undefined),
};

const separators = { ar: "، ", ja: "、", zh: "，" }; // between the parts of a language's name

class Names {
  #options;
  #locale;
  #data;
  constructor(locale, options) {
    if (options === undefined || options === null || typeof options !== "object") throw new TypeError(options === undefined ? "Cannot convert undefined or null to object" : `${options} is not an object`);
    const style = choice(options, "style", ["narrow", "short", "long"], "long");
    const type = choice(options, "type", Object.keys(codes));
    if (type === undefined) throw new TypeError("Required option \"type\" must not be undefined");
    const fallback = choice(options, "fallback", ["code", "none"], "code");
    const languageDisplay = choice(options, "languageDisplay", ["dialect", "standard"], "dialect");
    this.#locale = locale;
    this.#options = { style, type, fallback, ...(type === "language" && { languageDisplay }) };
    this.#data = dataOf(locale);
  }
  of(code) {
    const { type, fallback } = this.#options;
    const spelt = codes[type](String(code));
    if (spelt === undefined) throw new RangeError("invalid_argument");
    return this.#name(type, spelt) ?? (fallback === "code" ? spelt : undefined);
  }
  #name(type, code) {
    if (type === "currency") return this.#data.types.currency.long[code];
    if (type === "language") return this.#language(code);
    if (type === "dateTimeField") return this.#look(type, code === "dayPeriod" ? "dayperiod" : code);
    return this.#look(type, code);
  }
  #look(type, code, table = this.#data.types[type]) {
    const { style } = this.#options;
    return (style === "narrow" ? table.narrow?.[code] ?? table.short?.[code] : table[style]?.[code]) ?? table.long?.[code];
  }
  #language(tag) {
    const dialect = this.#data.types.language;
    if (this.#options.languageDisplay === "dialect" && this.#look("", tag, dialect)) return this.#look("", tag, dialect);
    const [language, ...rest] = tag.split("-");
    const base = this.#look("", language, dialect);
    if (base === undefined) return undefined;
    const details = rest.map((part) => this.#look(part.length === 4 && /^[A-Z]/.test(part) ? "script" : "region", part) ?? part);
    return details.length === 0 ? base : this.#data.patterns.locale.replace("{0}", base).replace("{1}", details.join(separators[canonical(this.#locale).split("-")[0]] ?? ", "));
  }
  resolvedOptions() {
    return { locale: this.#locale, ...this.#options };
  }
}

export const DisplayNames = service("DisplayNames", Names);
