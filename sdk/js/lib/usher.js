// Runs an action in Usher's own engine, with the command `usher run`.
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

// The exit codes after which the command has told of a run.
const ran = [0, 7];

export async function runInUsher({ path, event, secrets, fakes, timeout_ms, usher }) {
  const dir = await mkdtemp(join(tmpdir(), "usher-actions-"));
  try {
    await writeFile(join(dir, "event.json"), JSON.stringify(event));
    await writeFile(join(dir, "fakes.json"), JSON.stringify(fakes));
    const names = Object.keys(secrets).flatMap((name) => ["--secret", name]);
    const files = ["--event", join(dir, "event.json"), "--fakes", join(dir, "fakes.json")];
    const args = ["--json", "run", path, ...files, ...names, "--limit", `timeout_ms=${timeout_ms}`];
    return told(await execute(usher, args, { ...process.env, ...secrets }));
  } finally {
    await rm(dir, { recursive: true });
  }
}

function execute(usher, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(usher, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    const texts = ["", ""];
    [child.stdout, child.stderr].forEach((stream, i) => stream.setEncoding("utf8").on("data", (chunk) => (texts[i] += chunk)));
    child.on("error", (cause) => reject(new Error(`can't start ${usher}: put Usher's command in PATH, or name it with USHER_BIN`, { cause })));
    child.on("close", (code) => {
      if (ran.includes(code)) resolve(texts[0]);
      else reject(new Error(`${usher} run failed: ${problem(texts[1])}`));
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

// told makes the outcome of what the command printed. It does not tell the
// bodies of requests, nor what is in the cache.
function told(text) {
  const result = JSON.parse(text);
  const calls = (result.calls ?? []).filter(({ function: name, target, error }) => target && (name === "http_send" || name === "http_wait" || (name === "http_start" && error)));
  return {
    succeeded: result.succeeded,
    error: result.error,
    logs: (result.logs ?? []).map(({ level, message }) => ({ level, message })),
    requests: calls.map(({ target, status }) => {
      const [method, url] = target.split(" ");
      return { method, url, status };
    }),
    missed: result.missed ?? [],
    stats: result.stats,
  };
}
