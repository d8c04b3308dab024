// Intl.Locale: a language tag and its parts.
import { refused } from "../node/unsupported.js";
import { canonical, list } from "./locale.js";

const keys = { calendar: "ca", collation: "co", hourCycle: "hc", caseFirst: "kf", numeric: "kn", numberingSystem: "nu" };

export class Locale {
  #tag;
  constructor(tag, options = {}) {
    if (typeof tag !== "string" && typeof tag !== "object") throw new TypeError("First argument to Intl.Locale constructor can't be empty or missing");
    const [base, ...extensions] = canonical(tag).split(/-(?=[a-wyz\d]-|x-)/);
    const own = base.split("-");
    const [language, script, region] = [own[0], own.find((part, i) => i && /^[A-Z][a-z]{3}$/.test(part)), own.find((part, i) => i && /^(?:[A-Z]{2}|\d{3})$/.test(part))];
    const variants = own.slice(1).filter((part) => part !== script && part !== region);
    const head = [options.language ?? language, options.script ?? script, options.region ?? region, ...variants].filter(Boolean).join("-");
    const unicode = Object.entries(keys).filter(([name]) => options[name] !== undefined).map(([name, key]) => `${key}${options[name] === true ? "" : `-${options[name]}`}`);
    const rest = extensions.filter((part) => !(part.startsWith("u-") && unicode.length));
    const previous = unicode.length ? extensions.find((part) => part.startsWith("u-"))?.slice(2) : undefined;
    this.#tag = canonical([head, ...(unicode.length ? [`u-${[...unicode, previous].filter(Boolean).join("-")}`] : []), ...rest].join("-"));
  }
  get baseName() {
    return this.#tag.split(/-(?=[a-wyz\d]-|x-)/)[0];
  }
  get language() {
    return this.#tag.split("-")[0];
  }
  get script() {
    return this.baseName.split("-").slice(1).find((part) => /^[A-Z][a-z]{3}$/.test(part));
  }
  get region() {
    return this.baseName.split("-").slice(1).find((part) => /^(?:[A-Z]{2}|\d{3})$/.test(part));
  }
  toString() {
    return this.#tag;
  }
  get textInfo() {
    return { direction: /^(?:ar|ckb|dv|fa|he|ps|sd|syr|ug|ur|yi)$/.test(this.language) || /^(?:Arab|Hebr|Thaa|Syrc|Nkoo)$/.test(this.script) ? "rtl" : "ltr" };
  }
  getTextInfo() {
    return this.textInfo;
  }
}

// What needs data that an action does not have.
const instead = "use a package that brings the data, such as @formatjs/intl-locale";
for (const name of ["maximize", "minimize", "getWeekInfo", "getCalendars", "getCollations", "getHourCycles", "getNumberingSystems", "getTimeZones"]) {
  Object.defineProperty(Locale.prototype, name, { value: refused(`Intl.Locale.prototype.${name}`, instead), writable: true, configurable: true });
}
for (const name of ["weekInfo", "calendars", "collations", "hourCycles", "numberingSystems", "timeZones"]) {
  Object.defineProperty(Locale.prototype, name, { get: refused(`Intl.Locale.prototype.${name}`, instead), configurable: true });
}

for (const [name, key] of Object.entries(keys)) {
  Object.defineProperty(Locale.prototype, name, { configurable: true, get() {
    const found = new RegExp(`-u-(?:.*-)?${key}(?:-([a-z\\d]{3,}(?:-[a-z\\d]{3,})*))?(?=-|$)`).exec(String(this));
    return key === "kn" ? Boolean(found) && found[1] !== "false" : found?.[1];
  } });
}
Object.defineProperty(Locale.prototype, Symbol.toStringTag, { value: "Intl.Locale", configurable: true });

export const getCanonicalLocales = (locales) => list(locales);
