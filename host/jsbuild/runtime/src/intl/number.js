// Intl.NumberFormat in English: decimals, percents, currencies and compact numbers.
import { decimal, plain, toFraction, toSignificant } from "./decimal.js";
import { choice } from "./locale.js";
import { service } from "./service.js";

const symbols = { USD: "$", EUR: "€", GBP: "£", JPY: "¥", INR: "₹", CNY: "CN¥", KRW: "₩", BRL: "R$", CAD: "CA$", AUD: "A$", MXN: "MX$", NZD: "NZ$", HKD: "HK$", TWD: "NT$", ILS: "₪", VND: "₫", PHP: "₱", XAF: "FCFA", XOF: "F\u202fCFA", XPF: "CFPF", XCD: "EC$" };
const narrow = { CNY: "¥", CAD: "$", AUD: "$", MXN: "$", NZD: "$", HKD: "$", TWD: "$", XCD: "$", RUB: "₽", UAH: "₴", PLN: "zł", TRY: "₺", CZK: "Kč", DKK: "kr", SEK: "kr", NOK: "kr", HUF: "Ft", SGD: "$", ARS: "$", CLP: "$", COP: "$", NGN: "₦" };
const fullNames = { USD: ["US dollar"], EUR: ["euro"], GBP: ["British pound"], JPY: ["Japanese yen", ""], CAD: ["Canadian dollar"], AUD: ["Australian dollar"], CHF: ["Swiss franc"], INR: ["Indian rupee"], CNY: ["Chinese yuan", ""], BRL: ["Brazilian real"] };
const noCents = new Set("BIF CLP DJF GNF JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(" "));
const mills = new Set("BHD IQD JOD KWD LYD OMR TND".split(" "));
const steps = [[12, "T", "trillion"], [9, "B", "billion"], [6, "M", "million"], [3, "K", "thousand"]];
const units = {
  byte: "byte", kilobyte: "kB", megabyte: "MB", gigabyte: "GB", terabyte: "TB", kilometer: "km", meter: "m", centimeter: "cm", millimeter: "mm",
  kilogram: "kg", gram: "g", liter: "L", milliliter: "mL", mile: "mi", foot: "ft", inch: "in", pound: "lb", second: "sec", minute: "min", hour: "hr", day: "day",
  week: "wk", month: "mth", year: "yr", millisecond: "ms", percent: "%", celsius: "°C", fahrenheit: "°F",
  "kilometer-per-hour": "km/h", "mile-per-hour": "mph", "meter-per-second": "m/s",
};
const narrowUnits = { byte: "B", second: "s", minute: "m", hour: "h", day: "d", week: "w", month: "m", year: "y", pound: "#", foot: "\u2032", inch: "\u2033", celsius: "°C", fahrenheit: "°" };
const counted = new Set(["byte", "day", "week", "month", "year"]);
const close = new Set(["percent", "celsius", "fahrenheit"]);

const options = {
  style: ["decimal", "percent", "currency", "unit"], currencyDisplay: ["code", "symbol", "narrowSymbol", "name"], currencySign: ["standard", "accounting"],
  unitDisplay: ["short", "narrow", "long"], notation: ["standard", "scientific", "engineering", "compact"], compactDisplay: ["short", "long"],
  signDisplay: ["auto", "never", "always", "exceptZero", "negative"],
};

function read(given) {
  const out = { style: "decimal", notation: "standard", signDisplay: "auto" };
  for (const [name, values] of Object.entries(options)) out[name] = choice(given, name, values, out[name]);
  out.currency = choice(given, "currency")?.toUpperCase();
  out.unit = choice(given, "unit");
  if (out.currency !== undefined && !/^[A-Z]{3}$/.test(out.currency)) throw new RangeError(`Invalid currency code : ${given.currency}`);
  if (out.style === "currency" && !out.currency) throw new TypeError("Currency code is required with currency style.");
  if (out.style === "unit" && !out.unit) throw new TypeError("Required unit must not be undefined");
  return { ...out, ...limits(given, out), useGrouping: grouping(given, out.notation) };
}

function grouping(given, notation) {
  const value = given?.useGrouping;
  if (value === undefined || value === "true" || value === "false") return notation === "compact" ? "min2" : "auto";
  return value === true ? "always" : value === false ? false : choice(given, "useGrouping", ["min2", "auto", "always"]);
}

function digit(given, name, low, high) {
  const value = given?.[name];
  if (value === undefined) return undefined;
  const number = Math.floor(Number(value));
  if (!(number >= low && number <= high)) throw new RangeError(`${name} value is out of range.`);
  return number;
}

function limits(given, { style, currency, notation }) {
  const cents = noCents.has(currency) ? 0 : mills.has(currency) ? 3 : 2;
  const minimumIntegerDigits = digit(given, "minimumIntegerDigits", 1, 21) ?? 1;
  const least = digit(given, "minimumSignificantDigits", 1, 21);
  const most = digit(given, "maximumSignificantDigits", least ?? 1, 21);
  if (least !== undefined || most !== undefined) return { minimumIntegerDigits, minimumSignificantDigits: least ?? 1, maximumSignificantDigits: most ?? 21 };
  const [low, high] = notation === "compact" ? [0, 0] : style === "currency" ? [cents, cents] : [0, style === "percent" ? 0 : 3];
  const min = digit(given, "minimumFractionDigits", 0, 100);
  const max = digit(given, "maximumFractionDigits", 0, 100);
  if (min > max) throw new RangeError("maximumFractionDigits value is out of range.");
  return {
    minimumIntegerDigits,
    minimumFractionDigits: min ?? Math.min(low, max ?? low),
    maximumFractionDigits: max ?? Math.max(high, min ?? high),
    short: notation === "compact" && min === undefined && max === undefined,
  };
}

function cut(number, slots) {
  if (slots.maximumSignificantDigits) return toSignificant(number, slots.maximumSignificantDigits);
  if (slots.short) return number.point > 2 || number.point === 2 ? toFraction(number, 0) : toSignificant(number, 2);
  return toFraction(number, slots.maximumFractionDigits);
}

// scale gives the number to write and what follows it: a compact word or an exponent.
function scale(number, slots) {
  const { notation } = slots;
  if (notation === "standard") return [cut(number, slots)];
  if (notation !== "compact") return exponent(number, slots);
  const near = cut(number, slots);
  const power = Math.max(0, Math.min(12, Math.floor((number.point - 1) / 3) * 3));
  const scaled = power ? cut({ ...number, point: number.point - power }, slots) : near;
  const next = scaled.point > 3 && power < 12;
  const step = steps.find(([size]) => size === (next ? power + 3 : power));
  return [next ? { ...scaled, point: scaled.point - 3 } : scaled, step?.[slots.compactDisplay === "long" ? 2 : 1]];
}

function exponent(number, slots) {
  const step = slots.notation === "scientific" ? 1 : 3;
  const power = (value) => (value.digits ? Math.floor((value.point - 1) / step) * step : 0);
  const rounded = cut({ ...number, point: number.point - power(number) }, slots);
  const carried = power(rounded);
  return [{ ...rounded, point: rounded.point - carried }, undefined, power(number) + carried];
}

function whole(text, slots) {
  const least = slots.useGrouping === "min2" ? 4 : 3;
  if (!slots.useGrouping || text.length <= least) return [{ type: "integer", value: text }];
  return text.replace(/\B(?=(\d{3})+$)/g, ",").split(",").flatMap((value, i) => [...(i ? [{ type: "group", value: "," }] : []), { type: "integer", value }]);
}

function digitsOf(value, slots) {
  if (Number.isNaN(value)) return { parts: [{ type: "nan", value: "NaN" }] };
  const infinite = value === Infinity || value === -Infinity;
  if (infinite) return { negative: value < 0, parts: [{ type: "infinity", value: "∞" }] };
  const exact = decimal(value);
  const [number, suffix, power] = scale(slots.style === "percent" && exact.digits ? { ...exact, point: exact.point + 2 } : exact, slots);
  const fraction = slots.minimumSignificantDigits ? Math.max(0, slots.minimumSignificantDigits - Math.max(number.point, 1)) : slots.minimumFractionDigits;
  const [before, after] = plain(number, slots.minimumIntegerDigits, fraction);
  const parts = whole(before, slots);
  if (after) parts.push({ type: "decimal", value: "." }, { type: "fraction", value: after });
  if (suffix) parts.push(...(slots.compactDisplay === "long" ? [{ type: "literal", value: " " }] : []), { type: "compact", value: suffix });
  if (power !== undefined) parts.push({ type: "exponentSeparator", value: "E" }, ...(power < 0 ? [{ type: "exponentMinusSign", value: "-" }] : []), { type: "exponentInteger", value: String(Math.abs(power)) });
  return { negative: number.negative, zero: number.digits === "", one: before === "1" && !after && !suffix, parts };
}

function sign({ negative, zero, parts }, slots) {
  const nan = parts[0].type === "nan";
  switch (slots.signDisplay) {
    case "never": return "";
    case "always": return negative ? "-" : "+";
    case "exceptZero": return zero || nan ? "" : negative ? "-" : "+";
    case "negative": return negative && !zero ? "-" : "";
    default: return negative ? "-" : "";
  }
}

function around(body, number, slots) {
  const mark = sign(number, slots);
  const account = mark === "-" && slots.currencySign === "accounting" && slots.style === "currency";
  const signed = mark && !account ? [{ type: mark === "-" ? "minusSign" : "plusSign", value: mark }] : [];
  const parts = [...signed, ...body];
  return account ? [{ type: "literal", value: "(" }, ...parts, { type: "literal", value: ")" }] : parts;
}

function currency(number, slots) {
  const code = slots.currency;
  if (slots.currencyDisplay === "name") {
    const [one, ending = "s"] = fullNames[code] ?? [code, ""];
    return [...number.parts, { type: "literal", value: " " }, { type: "currency", value: number.one ? one : one + ending }];
  }
  const symbol = (slots.currencyDisplay === "narrowSymbol" && narrow[code]) || (slots.currencyDisplay !== "code" && symbols[code]) || code;
  const gap = /[A-Za-z]$/.test(symbol) && number.parts[0].type === "integer" ? [{ type: "literal", value: "\u00a0" }] : [];
  return [{ type: "currency", value: symbol }, ...gap, ...number.parts];
}

function unit(number, slots) {
  const gap = { type: "literal", value: " " };
  const many = number.one ? "" : "s";
  const short = units[slots.unit] ?? slots.unit;
  if (slots.unitDisplay === "narrow") return [...number.parts, { type: "unit", value: narrowUnits[slots.unit] ?? short }];
  if (slots.unitDisplay !== "long") return [...number.parts, ...(close.has(slots.unit) ? [] : [gap]), { type: "unit", value: counted.has(slots.unit) && slots.unit !== "byte" ? short + many : short }];
  return [...number.parts, gap, { type: "unit", value: longUnit(slots.unit, many) }];
}

function longUnit(unit, many) {
  if (unit === "percent") return unit;
  if (unit === "celsius" || unit === "fahrenheit") return `degree${many} ${unit[0].toUpperCase()}${unit.slice(1)}`;
  if (unit === "foot" || unit === "inch") return many ? { foot: "feet", inch: "inches" }[unit] : unit;
  return unit.includes("-per-") ? unit.replace("-per-", `${many} per `) : unit + many;
}

function partsOf(value, slots) {
  const number = digitsOf(value, slots);
  if (slots.style === "currency") return around(currency(number, slots), number, slots);
  if (slots.style === "unit") return around(unit(number, slots), number, slots);
  return around(slots.style === "percent" ? [...number.parts, { type: "percentSign", value: "%" }] : number.parts, number, slots);
}

function numeric(value) {
  if (typeof value === "bigint" || typeof value === "number") return value;
  const primitive = typeof value === "object" && value !== null ? value.valueOf() : value;
  return typeof primitive === "string" && /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(primitive) ? primitive.trim() : typeof primitive === "bigint" ? primitive : Number(primitive);
}

const join = (parts) => parts.map((part) => part.value).join("");

class English {
  #slots;
  constructor(locale, options) {
    this.#slots = read(options);
  }
  format(value) {
    return join(partsOf(numeric(value), this.#slots));
  }
  formatToParts(value) {
    return partsOf(numeric(value), this.#slots);
  }
  formatRange(start, end) {
    const [from, to] = [this.format(start), this.format(end)];
    return from === to ? `~${from}` : `${from} – ${to}`;
  }
  resolvedOptions() {
    const { style, currency, currencyDisplay, currencySign, unit, unitDisplay, notation, compactDisplay, signDisplay, useGrouping, short, minimumIntegerDigits, ...digits } = this.#slots;
    return {
      locale: "en-US", numberingSystem: "latn", style,
      ...(style === "currency" && { currency, currencyDisplay: currencyDisplay ?? "symbol", currencySign: currencySign ?? "standard" }),
      ...(style === "unit" && { unit, unitDisplay: unitDisplay ?? "short" }),
      minimumIntegerDigits, ...(short && { minimumSignificantDigits: 1, maximumSignificantDigits: 2 }), ...digits, useGrouping, notation, ...(notation === "compact" && { compactDisplay: compactDisplay ?? "short" }), signDisplay,
      roundingMode: "halfExpand", roundingIncrement: 1, trailingZeroDisplay: "auto", roundingPriority: short ? "morePrecision" : "auto",
    };
  }
}

export const NumberFormat = service("NumberFormat", English);
