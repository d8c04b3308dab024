// Runs an action in Usher's own engine, with the command `usher run`.
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { values } from "./match.js";

// The exit codes after which the command has reported a run.
const ran = [0, 7];

export async function runInUsher({ path, event, secrets, fakes, timeout_ms, usher }) {
  const dir = await mkdtemp(join(tmpdir(), "usher-actions-"));
  try {
    await writeFile(join(dir, "event.json"), JSON.stringify(event));
    await writeFile(join(dir, "fakes.json"), JSON.stringify(fakes));
    await writeFile(join(dir, "secrets.json"), JSON.stringify(secrets), { mode: 0o600 });
    const files = ["event", "fakes", "secrets"].map((name) => join(dir, `${name}.json`));
    const args = ["--event", files[0], "--fakes", files[1], "--secrets-file", files[2], "--limit", `timeout_ms=${timeout_ms}`];
    return outcome(await execute(usher, ["--json", "run", path, ...args]), secrets);
  } finally {
    await rm(dir, { recursive: true });
  }
}

function execute(usher, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(usher, args, { stdio: ["ignore", "pipe", "pipe"] });
    const output = ["", ""];
    [child.stdout, child.stderr].forEach((stream, i) => stream.setEncoding("utf8").on("data", (chunk) => (output[i] += chunk)));
    child.on("error", (cause) => reject(new Error(`can't start ${usher}: put Usher's command in PATH, or name it with ACTION_TEST_USHER`, { cause })));
    child.on("close", (code) => {
      if (ran.includes(code)) resolve(output[0]);
      else reject(new Error(`${usher} run failed: ${problem(output[1])}`));
    });
  });
}

function problem(text) {
  try {
    return JSON.parse(text).error.text;
  } catch {
    return text;
  }
}

// outcome returns the outcome of a run from what the command printed, which hides
// the values of secrets. It does not report the cache.
function outcome(text, secrets) {
  const result = JSON.parse(text, (_, value) => (typeof value === "string" ? unhidden(value, secrets) : value));
  return {
    succeeded: result.succeeded,
    error: result.error,
    logs: (result.logs ?? []).map(({ level, message }) => ({ level, message })),
    requests: (result.requests ?? []).map(seen),
    missed: result.missed ?? [],
    stats: result.stats,
  };
}

function unhidden(text, secrets) {
  return text.replace(/\[secret ([^\]]+)\]/g, (hidden, name) => secrets[name] ?? hidden);
}

function seen({ method, url, headers = {}, body = "", status }) {
  const flat = new Headers(Object.entries(headers).flatMap(([name, all]) => [all].flat().map((one) => [name, one])));
  return { method, url, headers: Object.fromEntries(flat), body, json: values({ headers: flat, body }), status };
}
