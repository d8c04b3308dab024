// Intl.DateTimeFormat: options become a skeleton, the skeleton a pattern of the
// language, and the pattern a date's parts.
import { english } from "./english.js";
import { addLocale, choice, resolve, supportedLocalesOf, lacks } from "./locale.js";
import { glue, patternOf, rangeOf, tokens } from "./skeleton.js";
import { zoneName } from "./zonename.js";
import { findZone, offsetAt } from "./zone.js";

const languages = new Map([["en", english]]);
const made = new Map();

// nameZones sets the English names of the time zones.
export function nameZones(names) {
  english.zones = names;
}

// addDates makes a language's ways to write dates known.
export function addDates(data) {
  languages.set(data.locale, data);
  const clock = /h1/.test(data.hourCycle) ? "hms" : "Hms";
  for (const common of ["yMd", clock, `yMd${clock}`]) patternOf(data, common); // so that the snapshot has them
  made.clear();
  addLocale(data.locale);
}

const text = ["narrow", "short", "long"];
const numeric = ["2-digit", "numeric"];
const styles = ["full", "long", "medium", "short"];
const values = {
  weekday: text, era: text, year: numeric, month: [...numeric, ...text], day: numeric, dayPeriod: text, hour: numeric,
  minute: numeric, second: numeric, fractionalSecondDigits: ["1", "2", "3"],
  timeZoneName: ["short", "long", "shortOffset", "longOffset", "shortGeneric", "longGeneric"],
};
const dateFields = ["weekday", "year", "month", "day"];
const timeFields = ["dayPeriod", "hour", "minute", "second", "fractionalSecondDigits"];
const wide = { narrow: 5, long: 4, short: 3 };
const letterOfCycle = { h11: "K", h12: "h", h23: "H", h24: "k" };

function read(options, needs, defaults) {
  const out = {};
  for (const [name, allowed] of Object.entries(values)) {
    const value = choice(options, name, allowed);
    if (value !== undefined) out[name] = name === "fractionalSecondDigits" ? Number(value) : value;
  }
  const style = { dateStyle: choice(options, "dateStyle", styles), timeStyle: choice(options, "timeStyle", styles) };
  if (style.dateStyle || style.timeStyle) return styled(out, style, needs);
  const asked = [...(needs === "time" ? [] : dateFields), ...(needs === "date" ? [] : timeFields)];
  if (asked.some((name) => out[name] !== undefined)) return out;
  return {
    ...(defaults !== "time" && { year: "numeric", month: "numeric", day: "numeric" }),
    ...(defaults !== "date" && { hour: "numeric", minute: "numeric", second: "numeric" }),
    ...out,
  };
}

function styled(fields, { dateStyle, timeStyle }, needs) {
  const [other] = Object.keys(fields);
  const [kind] = [dateStyle && "dateStyle", timeStyle && "timeStyle"].filter(Boolean);
  if (other) throw new TypeError(`Can't set option ${other} when ${kind} is used`);
  if (needs === "date" && timeStyle) throw new TypeError("Invalid option : timeStyle");
  if (needs === "time" && dateStyle) throw new TypeError("Invalid option : dateStyle");
  return { ...(dateStyle && { dateStyle }), ...(timeStyle && { timeStyle }) };
}

function cycleOf(options, extensions, data) {
  const own = data.hourCycle;
  if (options?.hour12 !== undefined) {
    const short = own === "h11" || own === "h23";
    return options.hour12 ? (short ? "h11" : "h12") : short ? "h23" : "h24";
  }
  const asked = choice(options, "hourCycle", Object.keys(letterOfCycle)) ?? extensions.hc;
  return letterOfCycle[asked] ? asked : own;
}

function skeletonOf(fields, cycle) {
  const hour = /h1/.test(cycle) ? "h" : "H";
  const repeat = (letter, value) => value && letter.repeat(wide[value] ?? (value === "2-digit" ? 2 : 1));
  const zone = { short: "z", long: "zzzz", shortOffset: "O", longOffset: "OOOO", shortGeneric: "v", longGeneric: "vvvv" };
  return [
    repeat("G", fields.era), repeat("y", fields.year), repeat("M", fields.month), repeat("E", fields.weekday),
    repeat("d", fields.day), hour === "h" || !fields.hour ? repeat("B", fields.dayPeriod) : "", repeat(hour, fields.hour),
    repeat("m", fields.minute), repeat("s", fields.second), "S".repeat(fields.fractionalSecondDigits ?? 0), zone[fields.timeZoneName],
  ].filter(Boolean).join("");
}

// ofCycle turns a pattern's hour into that of an hour cycle.
function ofCycle(data, pattern, cycle) {
  const found = tokens(pattern);
  const half = /h1/.test(cycle);
  if (!found.some(([letter]) => /[hHkK]/.test(letter))) return pattern;
  if (found.some(([letter]) => /[hK]/.test(letter)) !== half) return ofCycle(data, patternOf(data, respell(found, half)), cycle);
  return pattern.replace(/'[^']*'|[hHkK]/g, (part) => (part.length === 1 ? letterOfCycle[cycle] : part));
}

function respell(found, half) {
  return found.map(([letter, size]) => (letter === "" || /[aBb]/.test(letter) ? "" : /[hHkK]/.test(letter) ? (half ? "h" : "H") : letter.repeat(size))).join("");
}

function patternFor(data, fields, cycle) {
  const { dateStyle, timeStyle } = fields;
  const date = dateStyle && data.date[dateStyle];
  const time = timeStyle && ofCycle(data, data.time[timeStyle], cycle);
  if (date && time) return glue(data, dateStyle, date, time);
  return date || time || ofCycle(data, patternOf(data, skeletonOf(fields, cycle)), cycle);
}

const names = {
  G: "era", y: "year", M: "month", L: "month", E: "weekday", c: "weekday", e: "weekday", d: "day", a: "dayPeriod", B: "dayPeriod", b: "dayPeriod",
  h: "hour", H: "hour", k: "hour", K: "hour", m: "minute", s: "second", S: "fractionalSecond", z: "timeZoneName", O: "timeZoneName", v: "timeZoneName",
};
const width = (size) => (size === 4 ? "long" : size === 5 ? "narrow" : "short");
const zeros = { arab: 0x660, arabext: 0x6f0, beng: 0x9e6, deva: 0x966, mymr: 0x1040, thai: 0xe50, tibt: 0xf20, nkoo: 0x7c0, olck: 0x1c50, cakm: 0x11136, adlm: 0x1e950 };

function localDigits(number, size, system) {
  const text = String(number).padStart(size, "0");
  return zeros[system] ? text.replace(/\d/g, (digit) => String.fromCodePoint(zeros[system] + Number(digit))) : text;
}

function period(data, date, size) {
  const time = date.getUTCHours() * 3_600_000 + date.getUTCMinutes() * 60_000;
  const at = data.dayPeriodRules?.find((rule) => rule.at === time && rule.at === 43_200_000);
  const rule = at ?? data.dayPeriodRules?.find(({ from, before }) => (from < before ? time >= from && time < before : time >= from || time < before));
  return data.dayPeriods[width(size)]?.[rule?.name] ?? (date.getUTCHours() < 12 ? data.am : data.pm);
}

// local is a time as the clocks of a format's zone show it.
function local({ timeZone }, time) {
  const { offset, summer } = offsetAt(timeZone, time);
  return { time, offset, summer, date: new Date(time + offset) };
}

function write(slots, letter, size, at) {
  const { data, system } = slots;
  const { date } = at;
  const number = (value) => localDigits(value, size === 2 ? 2 : 1, system);
  const year = date.getUTCFullYear();
  const hour = date.getUTCHours();
  switch (letter) {
    case "G": return data.era[width(size)][year > 0 ? "AD" : "BC"];
    case "y": return size === 2 ? localDigits(Math.abs(year) % 100, 2, system) : localDigits(year > 0 ? year : 1 - year, size, system);
    case "M": case "L": {
      if (size < 3) return number(date.getUTCMonth() + 1);
      return (letter === "M" ? data.month : data.monthStandalone ?? data.month)[width(size)][date.getUTCMonth()];
    }
    case "E": case "c": case "e": return data.weekday[width(size)][date.getUTCDay()];
    case "d": return number(date.getUTCDate());
    case "a": return data.dayPeriods[width(size)]?.[hour < 12 ? "am" : "pm"] ?? (hour < 12 ? data.am : data.pm);
    case "B": case "b": return period(data, date, size);
    case "H": return number(hour);
    case "k": return number(hour || 24);
    case "K": return number(hour % 12);
    case "h": return number(hour % 12 || 12);
    case "m": return number(date.getUTCMinutes());
    case "s": return number(date.getUTCSeconds());
    case "S": return localDigits(String(date.getUTCMilliseconds()).padStart(3, "0").slice(0, size), size, system);
    default: return zoneName(data, slots.timeZone, letter, size, at, (value, digits) => localDigits(value, digits, system));
  }
}

function partsOf(slots, pattern, time) {
  const out = [];
  const at = local(slots, time);
  for (const [letter, size] of tokens(pattern)) {
    if (letter !== "") out.push({ type: names[letter] ?? "literal", value: write(slots, letter, size, at) });
    else if (out.at(-1)?.type === "literal") out.at(-1).value += size;
    else out.push({ type: "literal", value: size });
  }
  return out;
}

function clip(date) {
  const time = date === undefined ? Date.now() : Number(date);
  if (!(Math.abs(time) <= 8.64e15)) throw new RangeError("Invalid time value");
  return Math.trunc(time);
}

// Node writes plain spaces where CLDR has narrow ones, though not in parts.
const join = (parts) => parts.map((part) => part.value).join("").replaceAll("\u202f", " ");

const differing = [["G", (d) => d.getUTCFullYear() > 0], ["y", (d) => d.getUTCFullYear()], ["M", (d) => d.getUTCMonth()], ["d", (d) => d.getUTCDate()], ["a", (d) => d.getUTCHours() < 12], ["h", (d) => d.getUTCHours()], ["m", (d) => d.getUTCMinutes()], ["s", (d) => d.getUTCSeconds()]];

function firstDifference(slots, start, end) {
  const [a, b] = [start, end].map((time) => local(slots, time).date);
  return differing.find(([, of]) => of(a) !== of(b))?.[0];
}

const letterFor = (slots, differs) => (differs === "h" && /[Hk]/.test(slots.pattern) ? "H" : differs);
const ofTime = /[aBbhHkKmsSzOv]/;

// fieldsOf gives the skeleton of a pattern's fields, or of those of its date or time.
const fieldsOf = (pattern, keep = () => true) => tokens(pattern).filter(([letter]) => letter !== "" && letter !== "a" && keep(letter)).map(([letter, size]) => letter.repeat(size)).join("");

function rangeParts(slots, start, end) {
  const differs = firstDifference(slots, start, end);
  const source = (parts, source) => parts.map((part) => ({ ...part, source }));
  const timed = fieldsOf(slots.pattern, (letter) => ofTime.test(letter));
  const dated = fieldsOf(slots.pattern, (letter) => !ofTime.test(letter));
  const ofDay = "GyMd".includes(differs ?? "a");
  const pattern = timed && !dated && ofDay ? patternOf(slots.data, `yMd${timed}`) : slots.pattern;
  const whole = (time) => partsOf(slots, pattern, time);
  if (!differs || join(whole(start)) === join(whole(end))) return source(whole(start), "shared");
  if (timed && dated && !ofDay) return sameDay(slots, { dated, timed }, start, end);
  const own = rangeOf(slots.data, fieldsOf(pattern), letterFor(slots, differs));
  return own ? split(slots, own, start, end) : between(slots, source(whole(start), "startRange"), source(whole(end), "endRange"));
}

function between({ data }, start, end) {
  const [, before, middle, after] = /^(.*)\{0\}(.*)\{1\}(.*)$/.exec(data.ranges.fallback);
  const literal = (value) => (value ? [{ type: "literal", value, source: "shared" }] : []);
  return [...literal(before), ...start, ...literal(middle), ...end, ...literal(after)];
}

// sameDay writes the day once and then the range of times.
function sameDay(slots, { dated, timed }, start, end) {
  const day = partsOf(slots, patternOf(slots.data, dated), start).map((part) => ({ ...part, source: "shared" }));
  const times = rangeParts({ ...slots, pattern: patternOf(slots.data, timed) }, start, end);
  return tokens(slots.data.glue.medium.replace("{1}", "d").replace("{0}", "m")).flatMap(([letter, text]) => (letter === "d" ? day : letter === "m" ? times : [{ type: "literal", value: text, source: "shared" }]));
}

// split reads a pattern such as "MMM d – d, y": what comes twice is the start's first and the end's then.
function split(slots, pattern, start, end) {
  const seen = new Set();
  const found = tokens(pattern);
  const second = found.findIndex(([letter]) => letter !== "" && seen.has(names[letter]) || !seen.add(names[letter]));
  const twice = (letter) => found.filter(([other]) => names[other] === names[letter]).length > 1;
  return found.map(([letter, size], i) => {
    if (letter === "") return { type: "literal", value: size, source: "shared" };
    const source = !twice(letter) ? "shared" : i < second ? "startRange" : "endRange";
    return { type: names[letter], value: write(slots, letter, size, local(slots, i < second ? start : end)), source };
  });
}

const hidden = new WeakMap();

function slotsOf(format) {
  const slots = hidden.get(format);
  if (!slots) throw new TypeError("Method Intl.DateTimeFormat called on incompatible receiver");
  return slots;
}

// slotsFor resolves locales and options; needs and defaults are "any", "date",
// "time" or "all", as Date's own methods differ in them.
export function slotsFor(locales, options, needs = "any", defaults = "date") {
  const key = plain(locales, options) && JSON.stringify([locales, options, needs, defaults]);
  if (key && made.has(key)) return made.get(key);
  const slots = build(locales, options, needs, defaults);
  if (key && made.size < 50) made.set(key, slots);
  return slots;
}

const plain = (locales, options) => (locales === undefined || typeof locales === "string") && (options === undefined || options?.constructor === Object);

function build(locales, options, needs, defaults) {
  if (options === null) throw new TypeError("Cannot convert undefined or null to object");
  const { locale, data: name, extensions } = resolve(locales);
  const data = languages.get(name) ?? english;
  const fields = read(options, needs, defaults);
  const zone = options?.timeZone;
  const cycle = cycleOf(options, extensions, data);
  const system = choice(options, "numberingSystem") ?? extensions.nu ?? data.digits;
  const calendar = choice(options, "calendar") ?? extensions.ca ?? "gregory";
  if (calendar !== "gregory" && calendar !== "iso8601") lacks(`calendar ${calendar}`, "dates are those of the Gregorian calendar");
  const pattern = patternFor(data, fields, cycle);
  return { locale, data, fields, cycle, system, pattern, timeZone: zone === undefined ? "UTC" : findZone(String(zone)) };
}

// formatDate writes time, in ms since 1970, for Date.prototype.toLocaleString and its like.
export const formatDate = (time, ...args) => join(partsOf(slotsFor(...args), slotsFor(...args).pattern, time));

export function DateTimeFormat(locales, options) {
  const self = new.target ? this : Object.create(DateTimeFormat.prototype);
  hidden.set(self, slotsFor(locales, options));
  return self;
}

const methods = {
  get format() {
    const slots = slotsOf(this);
    slots.format ??= (date) => join(partsOf(slots, slots.pattern, clip(date)));
    return slots.format;
  },
  formatToParts(date) {
    const slots = slotsOf(this);
    return partsOf(slots, slots.pattern, clip(date));
  },
  formatRange(start, end) {
    return rangeParts(slotsOf(this), clip(start), clip(end)).map((part) => part.value).join("");
  },
  formatRangeToParts(start, end) {
    return rangeParts(slotsOf(this), clip(start), clip(end));
  },
  resolvedOptions() {
    const { locale, system, timeZone, cycle, fields, pattern } = slotsOf(this);
    const hours = tokens(pattern).some(([letter]) => /[hHkK]/.test(letter));
    const written = Object.fromEntries(tokens(pattern).filter(([letter]) => fields[names[letter]]).map(([letter, size]) => [names[letter], size > 2 || !numeric.includes(fields[names[letter]]) ? fields[names[letter]] : numeric[2 - size]]));
    return { locale, calendar: "gregory", numberingSystem: system, timeZone, ...(hours && { hourCycle: cycle, hour12: /h1/.test(cycle) }), ...fields, ...(fields.dateStyle || fields.timeStyle ? {} : written) };
  },
};

Object.defineProperties(DateTimeFormat.prototype, Object.getOwnPropertyDescriptors(methods));
for (const name of Object.keys(methods)) Object.defineProperty(DateTimeFormat.prototype, name, { enumerable: false });
Object.defineProperty(DateTimeFormat.prototype, Symbol.toStringTag, { value: "Intl.DateTimeFormat", configurable: true });
Object.defineProperty(DateTimeFormat, "supportedLocalesOf", { value: supportedLocalesOf, configurable: true, writable: true });
Object.defineProperty(DateTimeFormat, "length", { value: 0, configurable: true });
