// Patterns in which "*" stands for any characters, and "\*" for a star.

// matches reports whether text matches pattern.
export function matches(pattern, text) {
  const [first, ...rest] = split(pattern);
  if (rest.length === 0) return first === text;
  if (!text.startsWith(first)) return false;
  let left = text.slice(first.length);
  const last = rest.pop();
  for (const part of rest) {
    const at = left.indexOf(part);
    if (at < 0) return false;
    left = left.slice(at + part.length);
  }
  return left.endsWith(last);
}

export function hasStar(pattern) {
  return split(pattern).length > 1;
}

// unescape returns the text that a pattern without a star stands for.
export function unescape(pattern) {
  return split(pattern)[0];
}

// escape returns the pattern that stands for text alone.
export function escape(text) {
  return text.replace(/[\\*]/g, "\\$&");
}

function split(pattern) {
  const parts = [""];
  for (let i = 0; i < pattern.length; i++) {
    if (pattern[i] === "\\" && (pattern[i + 1] === "*" || pattern[i + 1] === "\\")) parts[parts.length - 1] += pattern[++i];
    else if (pattern[i] === "*") parts.push("");
    else parts[parts.length - 1] += pattern[i];
  }
  return parts;
}
