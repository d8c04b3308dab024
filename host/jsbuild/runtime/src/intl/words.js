// Intl's smaller constructors in English: plurals, lists, relative times,
// comparison and segments.
import { NumberFormat } from "./number.js";
import { choice } from "./locale.js";
import { service } from "./service.js";

class EnglishPlurals {
  #type;
  #numbers;
  constructor(locale, options) {
    this.#type = choice(options, "type", ["cardinal", "ordinal"], "cardinal");
    this.#numbers = new NumberFormat("en", { ...options, style: "decimal" });
  }
  select(value) {
    const text = this.#numbers.format(Number(value)).replace(/[-,]/g, "");
    if (this.#type === "cardinal") return text === "1" ? "one" : "other";
    const [, tens, ones] = /(\d?)(\d)$/.exec(text) ?? [];
    return text.includes(".") || tens === "1" ? "other" : { 1: "one", 2: "two", 3: "few" }[ones] ?? "other";
  }
  selectRange() {
    return "other";
  }
  resolvedOptions() {
    const { minimumIntegerDigits, minimumFractionDigits, maximumFractionDigits } = this.#numbers.resolvedOptions();
    const pluralCategories = this.#type === "cardinal" ? ["one", "other"] : ["few", "one", "two", "other"];
    return { locale: "en-US", type: this.#type, minimumIntegerDigits, minimumFractionDigits, maximumFractionDigits, pluralCategories, roundingIncrement: 1, roundingMode: "halfExpand", roundingPriority: "auto", trailingZeroDisplay: "auto" };
  }
}

class EnglishList {
  #type;
  #style;
  constructor(locale, options) {
    this.#type = choice(options, "type", ["conjunction", "disjunction", "unit"], "conjunction");
    this.#style = choice(options, "style", ["long", "short", "narrow"], "long");
  }
  formatToParts(list) {
    const items = Array.from(list, (value) => {
      if (typeof value !== "string") throw new TypeError("Iterable yielded a non-String value");
      return { type: "element", value };
    });
    const word = this.#type === "disjunction" ? "or" : this.#type === "unit" ? "" : this.#style === "long" ? "and" : this.#style === "short" ? "&" : "";
    const comma = this.#type === "unit" && this.#style === "narrow" ? " " : ", ";
    return items.flatMap((item, i) => {
      if (i === 0) return [item];
      const last = i === items.length - 1 && word;
      return [{ type: "literal", value: last ? `${items.length > 2 ? "," : ""} ${word} ` : comma }, item];
    });
  }
  format(list) {
    return this.formatToParts(list).map((part) => part.value).join("");
  }
  resolvedOptions() {
    return { locale: "en-US", type: this.#type, style: this.#style };
  }
}

const units = ["second", "minute", "hour", "day", "week", "month", "quarter", "year"];
const shortUnits = { second: "sec.", minute: "min.", hour: "hr.", day: "day", week: "wk.", month: "mo.", quarter: "qtr.", year: "yr." };
const narrowUnits = { second: "s", minute: "m", hour: "h", day: "d", week: "w", month: "mo", quarter: "q", year: "y" };
const near = {
  second: { 0: "now" }, minute: { 0: "this minute" }, hour: { 0: "this hour" },
  day: { "-1": "yesterday", 0: "today", 1: "tomorrow" },
};

class EnglishRelative {
  #numeric;
  #style;
  #numbers = new NumberFormat("en");
  constructor(locale, options) {
    this.#style = choice(options, "style", ["long", "short", "narrow"], "long");
    this.#numeric = choice(options, "numeric", ["always", "auto"], "always");
  }
  formatToParts(value, unit) {
    const name = String(unit).replace(/s$/, "");
    const number = Number(value);
    if (!units.includes(name)) throw new RangeError(`Invalid unit argument for format() '${unit}'`);
    if (!Number.isFinite(number)) throw new RangeError("Invalid number value");
    const word = this.#numeric === "auto" && this.#near(name, number);
    if (word) return [{ type: "literal", value: word }];
    const past = number < 0 || Object.is(number, -0);
    const digits = this.#numbers.formatToParts(Math.abs(number)).map((part) => ({ ...part, unit: name }));
    const gap = this.#style === "narrow" ? "" : " ";
    const tail = `${gap}${this.#unit(name, Math.abs(number))}${past ? " ago" : ""}`;
    return [...(past ? [] : [{ type: "literal", value: "in " }]), ...digits, { type: "literal", value: tail }];
  }
  #near(name, number) {
    const own = near[name]?.[Object.is(number, -0) ? 0 : number];
    if (own || near[name] || ![-1, 0, 1].includes(number)) return own;
    return `${["last", "this", "next"][number + 1]} ${this.#style === "long" ? name : shortUnits[name]}`;
  }
  #unit(name, count) {
    const many = count === 1 ? "" : "s";
    if (this.#style === "long") return name + many;
    if (this.#style === "narrow") return narrowUnits[name];
    return name === "day" ? name + many : name === "quarter" ? `qtr${many}.` : shortUnits[name];
  }
  format(value, unit) {
    return this.formatToParts(value, unit).map((part) => part.value).join("");
  }
  resolvedOptions() {
    return { locale: "en-US", style: this.#style, numeric: this.#numeric, numberingSystem: "latn" };
  }
}

const marks = /\p{M}/gu;
const bare = (text) => text.normalize("NFD").replace(marks, "");
const alike = { ß: "ss", æ: "ae", œ: "oe", ø: "o", đ: "d", ł: "l", ı: "i" };
const folded = (text) => bare(text).toLowerCase().replace(/[ßæœøđłı]/g, (letter) => alike[letter]);
const rank = (character) => (/[\s_\-,;:!?.'"()[\]{}@*/\\&#%`^+<=>|~$]/.test(character) ? 0 : /\d/.test(character) ? 1 : /\p{Script=Latin}/u.test(character) ? 2 : 3);
const punctuation = "_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$";

function primary(a, b) {
  const [x, y] = [Array.from(a), Array.from(b)];
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    if (x[i] === y[i]) continue;
    const order = rank(x[i]) - rank(y[i]) || (rank(x[i]) === 0 ? punctuation.indexOf(x[i]) - punctuation.indexOf(y[i]) : 0);
    return order || (x[i] < y[i] ? -1 : 1);
  }
  return x.length - y.length;
}

function numerically(a, b) {
  const [x, y] = [a, b].map((text) => text.match(/\d+|\D+/g) ?? []);
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const both = /^\d/.test(x[i]) && /^\d/.test(y[i]);
    const order = both ? Number(BigInt(x[i]) - BigInt(y[i])) : primary(x[i], y[i]);
    if (order) return order;
  }
  return x.length - y.length;
}

const differ = (a, b) => (a === b ? 0 : a < b ? -1 : 1);

class EnglishCollator {
  #options;
  constructor(locale, options) {
    this.#options = {
      usage: choice(options, "usage", ["sort", "search"], "sort"),
      sensitivity: choice(options, "sensitivity", ["base", "accent", "case", "variant"], "variant"),
      ignorePunctuation: Boolean(options?.ignorePunctuation), collation: "default", numeric: Boolean(options?.numeric),
      caseFirst: choice(options, "caseFirst", ["upper", "lower", "false"], "false"),
    };
  }
  compare(first, second) {
    const { sensitivity, ignorePunctuation, numeric } = this.#options;
    const [a, b] = [first, second].map((text) => String(text).normalize("NFC")).map((text) => (ignorePunctuation ? text.replace(/[\p{P}\s]/gu, "") : text));
    if (a === b) return 0;
    const order = (numeric ? numerically : primary)(folded(a), folded(b));
    return Math.sign(order || this.#finer(a, b, sensitivity));
  }
  #finer(a, b, sensitivity) {
    const accents = sensitivity === "accent" || sensitivity === "variant";
    const order = accents && differ(a.normalize("NFD").toLowerCase(), b.normalize("NFD").toLowerCase());
    if (order || sensitivity === "base" || sensitivity === "accent") return order || 0;
    return (this.#options.caseFirst === "upper" ? 1 : -1) * differ(bare(a), bare(b));
  }
  resolvedOptions() {
    return { locale: "en-US", ...this.#options };
  }
}

class Segments {
  #granularity;
  constructor(locale, options) {
    this.#granularity = choice(options, "granularity", ["grapheme", "word", "sentence"], "grapheme");
  }
  segment(text) {
    const input = String(text);
    const pattern = {
      grapheme: /\r\n|\p{RI}\p{RI}|\p{Emoji}(?:\p{EMod}|\ufe0f?\u20e3?|[\u{e0020}-\u{e007f}]+)?(?:\u200d\p{Emoji}(?:\p{EMod}|\ufe0f)?)*\p{M}*|[^\p{M}\u200d]?[\p{M}\u200d]*/gsu,
      word: /[\p{L}\p{N}_\p{M}]+(?:['’.][\p{L}\p{N}_\p{M}]+)*|\r\n|\s|./gsu,
      sentence: /[^.!?\n]*(?:[.!?]+["'”’)]*\s*|\n|$)/gsu,
    }[this.#granularity];
    const word = this.#granularity === "word";
    const list = [...input.matchAll(pattern)].filter((m) => m[0] !== "").map((m) => ({ segment: m[0], index: m.index, input, ...(word && { isWordLike: /[\p{L}\p{N}]/u.test(m[0]) }) }));
    return { [Symbol.iterator]: () => list[Symbol.iterator](), containing: (index = 0) => list.findLast((item) => item.index <= index && index < input.length) };
  }
  resolvedOptions() {
    return { locale: "en-US", granularity: this.#granularity };
  }
}

export const PluralRules = service("PluralRules", EnglishPlurals);
export const ListFormat = service("ListFormat", EnglishList);
export const RelativeTimeFormat = service("RelativeTimeFormat", EnglishRelative);
export const Collator = service("Collator", EnglishCollator);
export const Segmenter = service("Segmenter", Segments);
