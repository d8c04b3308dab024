// What the engine's primitives do in tests: time is virtual, the world outside
// is a function, and everything that happens is kept for the result.
import { randomBytes } from "node:crypto";

const levels = ["trace", "debug", "info", "warn", "error"];

// The moment at which every run begins: 2026-01-02T03:04:05.006Z.
export const beginning = Date.UTC(2026, 0, 2, 3, 4, 5, 6);

export class Host {
  static primitives = ["input", "output", "error", "http_start", "http_wait", "http_cancel", "cache_get", "cache_set", "cache_delete", "command", "log", "sleep", "now", "random", "crypto", "utf8_encode", "utf8_decode", "carry_frames", "async_frames", "waiting_frames", "operands", "iterator_entries"];

  constructor(options) {
    this.cache = new Map();
    this.begin(options);
  }

  begin(settings) {
    Object.assign(this, {
      settings, clock: beginning, deadline: beginning + (settings.timeout_ms ?? 20_000), timedOut: false,
      pending: [], sent: 0, logs: [], requests: [], cancelled: [], slept: [], reported: {}, commands: [],
    });
  }

  result() {
    const { logs, requests, cancelled, slept, timedOut, reported, commands } = this;
    return { logs, commands, output: reported.output, error: reported.error, timedOut, requests, cancelled, slept, elapsed: this.clock - beginning };
  }

  // Only the engine that is linked with the glue carries frames through promises and knows those that wait.
  carry_frames() {}
  async_frames() {}
  operands() {}
  iterator_entries() {}
  waiting_frames() {}

  input() {
    const { event = {}, secrets = {}, execution = { id: "exe_1", action: "test", version: 1, binding_id: "bnd_1", attempt: 1, timeout_ms: this.deadline - beginning } } = this.settings;
    return JSON.parse(JSON.stringify({ event: { ...event, configuration: {}, secrets }, execution }));
  }

  output(text) {
    this.reported.output = parsed(text);
  }

  error(text) {
    this.reported.error = parsed(text);
  }

  // http_start asks the world at once; its answer waits until its time has come.
  http_start(json) {
    const request = JSON.parse(json);
    const id = ++this.sent;
    this.requests.push(request);
    const { after = 0, ...answer } = this.settings.http?.(request, id - 1) ?? { error: { code: "network", message: `no fake answers ${request.url}` } };
    this.pending.push({ id, at: this.clock + after, answer });
    return id;
  }

  http_wait(ms) {
    const next = this.pending.reduce((first, p) => (first && first.at <= p.at ? first : p), null);
    if (!next) return null;
    if (ms >= 0 && next.at > this.clock + ms) {
      this.pass(ms);
      return null;
    }
    this.pass(next.at - this.clock);
    this.pending.splice(this.pending.indexOf(next), 1);
    return JSON.stringify({ id: next.id, ...(next.answer.error ? {} : { status: 200, headers: {}, body: "", url: this.requests[next.id - 1].url }), ...next.answer });
  }

  http_cancel(id) {
    this.pending = this.pending.filter((p) => p.id !== id);
    this.cancelled.push(id);
  }

  sleep(ms) {
    this.slept.push(ms);
    this.pass(ms);
  }

  pass(ms) {
    this.clock += Math.max(ms, 0);
    if (this.clock <= this.deadline) return;
    this.clock = this.deadline;
    this.timedOut = true;
    throw new Error("the run's time is over");
  }

  now() {
    return this.clock;
  }

  log(level, message) {
    this.logs.push({ level: levels[level], message });
  }

  random(n) {
    return new Uint8Array(randomBytes(n));
  }

  crypto() {
    throw new Error("cryptography is not part of this harness: give native.crypto");
  }

  utf8_encode(text) {
    return new TextEncoder().encode(text);
  }

  utf8_decode(bytes) {
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  }

  cache_get(key) {
    const record = this.cache.get(key);
    return record && record.expires_at >= this.clock ? JSON.stringify(record) : undefined;
  }

  // command keeps the command, and leaves the limits to the real host.
  command(number, json) {
    this.commands.push({ command: ["deny", "validation_error", "user_metadata", "app_metadata", "user_id"][number], ...JSON.parse(json) });
  }

  // cache_set keeps to the times, and leaves the limits to the real host.
  cache_set(json) {
    const { key, value, ttl, expires_at } = JSON.parse(json);
    if (ttl === null || expires_at === null) return JSON.stringify({ type: "error", code: "InvalidExpiry" });
    const record = { value, expires_at: Math.min(ttl === undefined ? Infinity : this.clock + Math.floor(ttl), expires_at ?? Infinity) };
    if (record.expires_at === Infinity) record.expires_at = this.clock + 15 * 60_000;
    this.cache.set(key, record);
    return JSON.stringify({ type: "success", record });
  }

  cache_delete(key) {
    return JSON.stringify(this.cache.delete(key) ? { type: "success" } : { type: "error", code: "CacheKeyDoesNotExist" });
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
