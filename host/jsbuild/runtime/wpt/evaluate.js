// Evaluates the cases of a corpus, wherever it runs, and describes what came
// out so that two engines' answers can be compared.

// evaluate returns {name: outcome} for cases, a list of [name, function]. Each
// function gets the address of the server that answers it.
export async function evaluate(cases, base) {
  const out = {};
  for (const [name, run] of cases) {
    if (Object.hasOwn(out, name)) throw new Error(`two cases are called ${name}`);
    out[name] = await outcome(run, base);
  }
  return JSON.parse(JSON.stringify(out).replaceAll(base, "http://server"));
}

async function outcome(run, base) {
  let timer;
  // A case that never comes to an end does not hold up the others.
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, longest, "never ended");
  });
  try {
    return { value: plain(await Promise.race([run(base), late])) };
  } catch (error) {
    return { threw: plain(error) };
  } finally {
    clearTimeout(timer);
  }
}

const longest = 5000; // ms

function plain(value, depth = 0) {
  if (typeof value === "string") return value.replace(/ \(line \d+ column \d+\)$/, ""); // of a fault of JSON, since Node 22
  if (depth > 8) return "…";
  if (value === undefined) return "undefined";
  if (typeof value === "bigint" || typeof value === "symbol") return String(value);
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "function") return `function ${value.name}/${value.length}`;
  if (typeof value !== "object" || value === null) return value;
  return object(value, depth + 1);
}

function object(value, depth) {
  if (Array.isArray(value)) return Array.from(value, (item) => plain(item, depth));
  if (value instanceof Error || value instanceof DOMException) return errorOf(value, depth);
  if (value instanceof Date) return `Date ${value.getTime()}`;
  if (value instanceof RegExp) return `RegExp ${value}`;
  if (value instanceof ArrayBuffer) return { ArrayBuffer: [...new Uint8Array(value)] };
  if (ArrayBuffer.isView(value)) return { [value[Symbol.toStringTag] ?? "DataView"]: [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)] };
  if (value instanceof Map) return { Map: [...value].map((pair) => plain(pair, depth)) };
  if (value instanceof Set) return { Set: [...value].map((item) => plain(item, depth)) };
  return Object.fromEntries(Object.keys(value).map((key) => [key, plain(value[key], depth)]));
}

function errorOf(error, depth) {
  const { name, code, cause } = error;
  const message = plain(error.message);
  return { name, message, code: plain(code), ...(cause === undefined ? {} : { cause: plain(cause, depth) }) };
}
