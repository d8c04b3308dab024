// A skeleton is the list of a date's fields and their widths; the closest of a
// language's patterns is found and widened to it. The rules
// and weights are those of Unicode's date time pattern generator.

// fields lists the fields from the widest to the narrowest; a field's place is its rank.
const fields = ["era", "year", "month", "weekday", "day", "dayPeriod", "hour", "minute", "second", "fraction", "zone"];
const firstOfTime = fields.indexOf("dayPeriod");

const letters = {
  G: ["era", 0], y: ["year", 0], M: ["month", 0], L: ["month", 1], E: ["weekday", 0], e: ["weekday", 1],
  c: ["weekday", 2], d: ["day", 0], a: ["dayPeriod", 0], b: ["dayPeriod", 1], B: ["dayPeriod", 3],
  h: ["hour", 0], K: ["hour", 1], H: ["hour", 10], k: ["hour", 11], m: ["minute", 0], s: ["second", 0],
  S: ["fraction", 1], z: ["zone", 0], O: ["zone", 1], v: ["zone", 2],
};
const textual = { G: 1, E: 1, a: 1, b: 1, B: 1, z: 1, O: 1, v: 1 };
const keepsItsLetter = new Set(["hour", "month", "weekday", "year"]);
const appended = { zone: "{0} {1}", weekday: "{0} {1}", era: "{1} {0}", dayPeriod: "{0} {1}", year: "{1} {0}" };

const split = new Map();

// tokens splits a pattern into [letter, width] for a field and ["", text] for what is between.
export function tokens(pattern) {
  if (split.has(pattern)) return split.get(pattern);
  const out = [];
  split.set(pattern, out);
  for (const [text, quoted, letter] of pattern.matchAll(/'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+/g)) {
    if (letter) out.push([letter, text.length]);
    else out.push(["", quoted === undefined ? text : quoted.replaceAll("''", "'") || "'"]);
  }
  return out;
}

function weight(letter, width) {
  const delta = letters[letter][1] * 16;
  if (!textual[letter] && width < 3) return 0x100 + delta + width;
  if (letter === "y" || letter === "S") return 0x100 + delta + width;
  return -(width === 4 ? 0x104 : width === 5 ? 0x101 : 0x103) - delta;
}

// skeleton reads "yMMMd" or a pattern into field → {letter, width, weight}.
export function skeleton(text) {
  const out = {};
  for (const [letter, width] of tokens(text)) {
    if (letters[letter]) out[letters[letter][0]] = { letter, width, weight: weight(letter, width) };
  }
  if (/[hK]/.test(out.hour?.letter) && !out.dayPeriod) out.dayPeriod = { letter: "a", width: 1, weight: weight("a", 1) };
  return out;
}

const ready = new WeakMap();

// candidates lists a language's patterns with their skeletons, read once.
function candidates(data) {
  if (ready.has(data)) return ready.get(data);
  const list = Object.entries(data.formats).map(([key, pattern]) => ({ pattern, fields: skeleton(key), given: true }));
  for (const pattern of [...Object.values(data.date), ...Object.values(data.time)]) list.push({ pattern, fields: skeleton(pattern) });
  for (const letter of ["G", "y", "M", "d", "E", "a", "h", "H", "m", "s", "S", "v"]) {
    list.push({ pattern: letter === "M" ? "L" : letter === "E" ? "ccc" : letter, fields: bare(letter) });
  }
  ready.set(data, list);
  for (const candidate of list) candidate.mask = maskOf(Object.keys(candidate.fields));
  return list;
}

function bare(letter) {
  const width = letter === "E" ? 3 : 1;
  return { [letters[letter][0]]: { letter, width, weight: weight(letter, width) } };
}

const bit = (name) => 1 << fields.indexOf(name);
const maskOf = (names) => names.reduce((mask, name) => mask | bit(name), 0);

function count(mask) {
  let sum = 0;
  for (let rest = mask; rest; rest &= rest - 1) sum++;
  return sum;
}

// distance is Infinity once it is known to be limit or more.
function distance(wanted, mask, candidate, limit) {
  let sum = count(candidate.mask & ~mask) * 0x10000 + count(mask & ~candidate.mask) * 0x1000;
  if (sum >= limit) return Infinity;
  for (let shared = mask & candidate.mask; shared; shared &= shared - 1) {
    const name = fields[31 - Math.clz32(shared & -shared)];
    sum += Math.abs(wanted[name].weight - candidate.fields[name].weight);
  }
  return sum;
}

function closest(wanted, names, list) {
  const mask = maskOf(names);
  let [best, least] = [undefined, Infinity];
  for (const candidate of list) {
    const sum = distance(wanted, mask, candidate, least);
    if (sum < least) [best, least] = [candidate, sum];
    if (sum === 0) break;
  }
  return { candidate: best, sum: least, missing: names.filter((name) => !(best.mask & bit(name))) };
}

// width returns the width of a pattern's field when wanted is asked for.
function width(name, own, ownWidth, wanted, candidate) {
  if (name === "minute" || name === "second") return ownWidth;
  const asked = wanted.letter === "E" && wanted.width < 3 ? 3 : wanted.width;
  if (!candidate.given) return asked;
  const theirs = candidate.fields[name]?.width;
  const numeric = weight(own, ownWidth) > 0;
  return theirs === asked || numeric !== wanted.weight > 0 ? ownWidth : asked;
}

function widen(candidate, wanted, fraction) {
  return tokens(candidate.pattern).map(([letter, size]) => {
    if (letter === "") return /[A-Za-z']/.test(size) ? `'${size.replaceAll("'", "''")}'` : size;
    const name = letters[letter]?.[0];
    const ask = wanted[name];
    if (!ask) return letter.repeat(size);
    const c = keepsItsLetter.has(name) ? letter : ask.letter;
    const text = c.repeat(width(name, letter, size, ask, candidate));
    return name === "second" && fraction ? `${text}${fraction}${"S".repeat(wanted.fraction.width)}` : text;
  }).join("");
}

function append(data, wanted, names) {
  const list = candidates(data);
  const hasFraction = names.includes("fraction") && names.includes("second");
  let rest = hasFraction ? names.filter((name) => name !== "fraction") : names;
  let pattern = "";
  while (rest.length > 0) {
    const best = closest(wanted, rest, list);
    const found = rest.filter((name) => !best.missing.includes(name));
    if (found.length === 0) break;
    const piece = widen(best.candidate, wanted, hasFraction && found.includes("second") && (data.decimal ?? "."));
    pattern = pattern === "" ? piece : join(data, found.at(-1), pattern, piece);
    rest = best.missing;
  }
  return pattern;
}

function join(data, name, first, second) {
  const item = appended[name] ?? `{0} ('${data.names?.[name] ?? name}': {1})`;
  return item.replace("{0}", () => first).replace("{1}", () => second);
}

const found = new WeakMap();

// patternOf gives the language's pattern for a skeleton such as "yMMMdhm".
export function patternOf(data, text) {
  const known = found.get(data) ?? new Map();
  if (!known.has(text)) known.set(text, findPattern(data, text));
  found.set(data, known);
  return known.get(text);
}

function findPattern(data, text) {
  const wanted = skeleton(text);
  const names = fields.filter((name) => wanted[name]);
  const whole = closest(wanted, names, candidates(data));
  if (whole.sum < 0x1000) return widen(whole.candidate, wanted);
  const date = append(data, wanted, names.filter((name) => fields.indexOf(name) < firstOfTime));
  const time = append(data, wanted, names.filter((name) => fields.indexOf(name) >= firstOfTime));
  return date && time ? glue(data, style(wanted), date, time) : date || time;
}

function style({ month, weekday }) {
  if (month?.width === 4) return weekday ? "full" : "long";
  return month?.width === 3 ? "medium" : "short";
}

// glue writes a date and a time side by side in one of the styles full, long, medium and short.
export function glue(data, style, date, time) {
  return data.glue[style].replace("{1}", () => date).replace("{0}", () => time);
}

// rangeOf gives the pattern for two dates that first differ in the field that
// differs names by its letter, or undefined when the language has none.
export function rangeOf(data, text, differs) {
  const wanted = skeleton(text);
  const names = fields.filter((name) => wanted[name]);
  const list = Object.entries(data.ranges).map(([key, patterns]) => ({ patterns, fields: skeleton(key), mask: maskOf(Object.keys(skeleton(key))), given: true }));
  const best = closest(wanted, names, list);
  const pattern = best.sum < 0x1000 && best.candidate.patterns[differs];
  return pattern ? widen({ ...best.candidate, pattern }, wanted) : undefined;
}
