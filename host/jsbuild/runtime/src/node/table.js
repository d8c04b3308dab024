// console.table: data as a table of boxes, in Node's form.
import { inspect } from "./inspect.js";
import { types } from "./types.js";

const keyColumn = "(index)";

// table returns data's rows; columns, when given, are the properties to show.
export function table(data, columns, options) {
  const cell = (value) => inspect(value, { ...options, maxArrayLength: 3, breakLength: Infinity, depth: value !== null && typeof value === "object" && !types.isDate(value) && Object.keys(value).length > 2 ? -1 : 0 });
  if (types.isMap(data)) return rendered(["(iteration index)", "Key", "Values"], [...data].map(([key, value], i) => [String(i), cell(key), cell(value)]));
  if (types.isSet(data)) return rendered(["(iteration index)", "Values"], [...data].map((value, i) => [String(i), cell(value)]));
  return ofRows(data, columns, cell);
}

function ofRows(data, columns, cell) {
  const names = new Set(columns);
  const rows = Object.keys(data).map((key) => ({ key, ...row(data[key], columns, names, cell) }));
  const heads = [...names];
  const values = rows.some((r) => r.value !== undefined);
  const lines = rows.map((r) => [r.key, ...heads.map((name) => r.cells.get(name) ?? ""), ...(values ? [r.value ?? ""] : [])]);
  return rendered([keyColumn, ...heads, ...(values ? ["Values"] : [])], lines);
}

// row returns the cells of value by column, or the one value that it is; names
// grows by the columns that are new.
function row(value, columns, names, cell) {
  const cells = new Map();
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return { cells, value: cell(value) };
  for (const name of columns ?? Object.keys(value)) {
    if (!Object.hasOwn(value, name)) continue;
    names.add(name);
    cells.set(name, cell(value[name]));
  }
  return { cells };
}

function rendered(heads, rows) {
  const widths = heads.map((head, i) => Math.max(...[head, ...rows.map((r) => r[i])].map(width)) + 2);
  const rules = widths.map((w) => "─".repeat(w));
  const line = (cells) => `│${cells.map((cell, i) => ` ${cell}${" ".repeat(widths[i] - width(cell) - 1)}`).join("│")}│`;
  return [`┌${rules.join("┬")}┐`, line(heads), `├${rules.join("┼")}┤`, ...rows.map(line), `└${rules.join("┴")}┘`].join("\n");
}

const wide = /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u;

// width counts the columns that text takes on a terminal.
function width(text) {
  let columns = 0;
  for (const c of text.normalize("NFC")) columns += wide.test(c) ? 2 : /\p{M}|\p{Cf}/u.test(c) ? 0 : 1;
  return columns;
}
