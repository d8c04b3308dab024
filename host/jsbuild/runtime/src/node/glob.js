// path.matchesGlob: patterns with *, **, ?, [sets], {alternatives} and (lists) after one
// of ?*+@!.
const special = /[\\^$.*+?()[\]{}|]/g;
const literal = (text) => text.replace(special, "\\$&");

// matches reports whether a normalized path is one of the pattern's. Folders are
// separated by "/".
export function matches(path, pattern) {
  return alternatives(pattern).some((one) => expression(one).test(path));
}

// alternatives writes {a,b} and {1..3} out.
function alternatives(pattern) {
  const [open, close] = braces(pattern);
  if (close < 0) return [pattern];
  const [before, inner, after] = [pattern.slice(0, open), pattern.slice(open + 1, close), pattern.slice(close + 1)];
  const range = /^(-?\d+)\.\.(-?\d+)$/.exec(inner);
  const choices = range ? numbers(+range[1], +range[2]) : split(inner, ",").flatMap(alternatives);
  if (!range && choices.length < 2) return alternatives(after).map((rest) => `${before}{${inner}}${rest}`);
  const rests = alternatives(after);
  return choices.flatMap((choice) => rests.map((rest) => before + choice + rest));
}

function numbers(from, to) {
  const step = from < to ? 1 : -1;
  return Array.from({ length: Math.min(Math.abs(to - from), 9999) + 1 }, (_, i) => String(from + step * i));
}

// braces returns where the first {…} begins and ends, or -1.
function braces(pattern) {
  const open = pattern.indexOf("{");
  for (let i = open, depth = 0; open >= 0 && i < pattern.length; i++) {
    if (pattern[i] === "{") depth++;
    if (pattern[i] === "}" && --depth === 0) return [open, i];
  }
  return [open, -1];
}

// split cuts text at a letter outside of brackets.
function split(text, letter) {
  const parts = [""];
  let depth = 0;
  for (const c of text) {
    if ("{(".includes(c)) depth++;
    if ("})".includes(c)) depth--;
    if (c === letter && depth === 0) parts.push("");
    else parts[parts.length - 1] += c;
  }
  return parts;
}

function expression(pattern) {
  const folders = pattern.split("/");
  const last = folders.length - 1;
  let source = "";
  for (const [i, folder] of folders.entries()) {
    if (folder === "**") source += i === last ? "(?!\\.)[^/]+(?:/(?!\\.)[^/]+)*" : "(?:(?!\\.)[^/]+/)*";
    else source += one(folder) + (i === last ? "" : "/");
  }
  return new RegExp(`^${source}$`, "s");
}

// one is the expression of a pattern within one folder.
function one(folder) {
  const hidden = /^[*?[]/.test(folder) ? "(?!\\.)" : "";
  return hidden + (folder === "*" ? "[^/]+" : part(folder));
}

const repeats = { "?": "?", "*": "*", "+": "+", "@": "" };

function part(text) {
  let source = "";
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    const end = text[i + 1] === "(" ? closing(text, i + 1) : -1;
    if (end > 0 && "?*+@!".includes(c)) {
      const list = split(text.slice(i + 2, end), "|").map(part).join("|");
      source += c === "!" ? `(?!(?:${list})${part(text.slice(end + 1))}$)[^/]*?` : `(?:${list})${repeats[c]}`;
      i = end;
    } else if (c === "*") source += "[^/]*";
    else if (c === "?") source += "[^/]";
    else if (c === "[" && text.indexOf("]", i + 2) > 0) {
      const to = text.indexOf("]", i + 2);
      source += `[${text.slice(i + 1, to).replace(/^!/, "^").replace(/\\/g, "\\\\")}]`;
      i = to;
    } else source += literal(c);
  }
  return source;
}

function closing(text, open) {
  for (let i = open, depth = 0; i < text.length; i++) {
    if (text[i] === "(") depth++;
    if (text[i] === ")" && --depth === 0) return i;
  }
  return -1;
}
