// Fakes answer requests in place of the network. They are those of
// `usher run --fakes`, so that one file serves both.
import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { escape } from "./glob.js";
import { canonical, match, near, values } from "./match.js";

// readFakes reads a file of fakes, in JSON, or in YAML when the package "yaml"
// is installed.
export async function readFakes(path) {
  const text = await readFile(path, "utf8");
  return [".yaml", ".yml"].includes(extname(path)) ? ((await yaml(path)).parse(text) ?? []) : parseJSON(path, text);
}

function parseJSON(path, text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${path}: ${error.message}`, { cause: error });
  }
}

async function yaml(path) {
  try {
    return await import("yaml");
  } catch (error) {
    throw new Error(`${path} is YAML: install the package "yaml" to read it, or write it in JSON`, { cause: error });
  }
}

// Fakes answers requests, each fake as often as it may.
export class Fakes {
  #fakes;
  #used;
  missed = []; // {request, why, fake} for each request that none answered

  constructor(fakes) {
    if (!Array.isArray(fakes)) throw new TypeError("fakes must be a list of {request, response}");
    fakes.forEach(check);
    this.#fakes = fakes;
    this.#used = fakes.map(() => 0);
  }

  // answer returns the Response for a request ({method, url, headers, body}).
  // It rejects as the network does: when the fake says so, or there is none.
  async answer(request) {
    const asked = { ...request, method: request.method.toUpperCase(), url: canonical(request.url) };
    const fake = this.#take(asked);
    if (fake.delay_ms) await new Promise((resolve) => setTimeout(resolve, fake.delay_ms));
    if (fake.error === "timeout") throw failure("ETIMEDOUT", "the fake says: no answer in time");
    if (fake.error) throw failure("ECONNREFUSED", "the fake says: connection refused");
    return responseOf(fake.response ?? {});
  }

  #take(request) {
    let nearest = near.url;
    let why = "";
    for (const [i, fake] of this.#fakes.entries()) {
      let [distance, reason] = match(fake.request, request);
      if (distance === near.all) {
        if (!fake.times || this.#used[i] < fake.times) {
          this.#used[i]++;
          return fake;
        }
        reason = `it has answered ${fake.times} times, and may not more often`;
      }
      if (distance > nearest) {
        nearest = distance;
        why = `fake ${i + 1} is the nearest, but ${reason}`;
      }
    }
    const line = `${request.method} ${request.url}`;
    this.missed.push({ request: line, ...(why && { why }), fake: fakeFor(request) });
    throw failure("ECONNREFUSED", `no fake answers ${line}${why && `: ${why}`}`);
  }
}

const keys = {
  fake: ["request", "response", "times", "delay_ms", "error"],
  request: ["method", "url", "headers", "body"],
  response: ["status", "headers", "body", "body_base64", "json"],
};

// check refuses a fake that can't be meant as it stands.
function check(fake, i) {
  const refuse = (what) => {
    throw new TypeError(`fake ${i + 1}: ${what}`);
  };
  for (const [part, known] of Object.entries(keys)) {
    const unknown = Object.keys((part === "fake" ? fake : fake?.[part]) ?? {}).find((key) => !known.includes(key));
    if (unknown) refuse(`unknown field ${JSON.stringify(unknown)}; there are ${known.join(", ")}`);
  }
  if (!fake?.request?.url) refuse("request.url is missing");
  const bodies = ["body", "body_base64", "json"].filter((key) => fake.response?.[key] !== undefined);
  if (bodies.length > 1) refuse("response has more than one of body, body_base64 and json");
  if (![undefined, "network", "timeout"].includes(fake.error)) refuse(`error is ${JSON.stringify(fake.error)}: it must be "network" or "timeout"`);
}

function responseOf({ status = 200, headers = {}, body = "", body_base64, json }) {
  const all = new Headers();
  for (const [name, value] of Object.entries(headers)) [value].flat().forEach((one) => all.append(name, one));
  if (json !== undefined && !all.has("content-type")) all.set("content-type", "application/json");
  const bytes = json !== undefined ? Buffer.from(JSON.stringify(json)) : Buffer.from(body_base64 ?? body, body_base64 ? "base64" : "utf8");
  return new Response([204, 205, 304].includes(status) ? null : bytes, { status, headers: all });
}

// fakeFor returns a fake that would answer request.
function fakeFor(request) {
  const body = values(request);
  const structured = typeof body === "object" && body !== null;
  return {
    request: {
      method: request.method,
      url: escape(request.url),
      ...(structured ? { body: each(body) } : request.body && { body: escape(request.body) }),
    },
    response: { status: 200 },
  };
}

function each(value) {
  if (typeof value === "string") return escape(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(each);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, each(one)]));
}

function failure(code, message) {
  const cause = Object.assign(new Error(message), { code });
  return Object.assign(new TypeError(message, { cause }), { code });
}
