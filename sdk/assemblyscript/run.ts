import { Block, put, take } from "./memory";

// @ts-ignore: decorator
@external("extism:host/env", "output_set") declare function outputSet(offset: u64, length: u64): void;
// @ts-ignore: decorator
@external("extism:host/env", "error_set") declare function errorSet(offset: u64): void;
// @ts-ignore: decorator
@external("extism:host/env", "config_get") declare function configGet(name: u64): u64;
// @ts-ignore: decorator
@external("usher:host/v1", "secret_get") declare function secretGet(name: u64): u64;
// @ts-ignore: decorator
@external("usher:host/v1", "retry_stop") declare function retryStop(): u64;
// @ts-ignore: decorator
@external("usher:host/v1", "log_write") declare function logWrite(level: i32, message: u64): void;
// @ts-ignore: decorator
@external("usher:host/v1", "clock_sleep") declare function clockSleep(millis: u64): void;

/** Ends the run well, with output, which must be JSON, or "" for none: `return ok("{}")`. */
export function ok(json: string = ""): i32 {
  if (json.length > 0) {
    const output = put(json); // stays for the host to read
    outputSet(output.offset, output.length);
  }
  return 0;
}

/** Ends the run as a failure that the operator reads about: `return fail("…")`. */
export function fail(message: string): i32 {
  errorSet(put(message).offset); // stays for the host to read
  return 1;
}

/** Does the same, and the run is not tried again: no attempt would help. */
export function failFinally(message: string): i32 {
  retryStop(); // of an action that decides, it has no effect
  return fail(message);
}

/** Returns the value of a secret, null when it is not set. */
export function secret(name: string): string | null {
  return ask(secretGet, name);
}

/** Returns a setting, which is not secret; null when it is not set. */
export function config(name: string): string | null {
  return ask(configGet, name);
}

/** Calls a host function with text and returns the text it answers, null for none. */
export function ask(f: (message: u64) => u64, message: string): string | null {
  const block = put(message);
  const answer = f(block.offset);
  block.free();
  return take(answer);
}

/** How much a log line matters. */
export enum Level {
  Trace,
  Debug,
  Info,
  Warn,
  Error,
}

/** Writes one line to the run's log. */
export function log(message: string, level: Level = Level.Info): void {
  const block: Block = put(message);
  logWrite(level, block.offset);
  block.free();
}

/** Waits, on the run's own clock. */
export function sleep(millis: u64): void {
  clockSleep(millis);
}

/** What a throw or a failed check ends in. asc calls it by way of --use abort=…. */
export function onAbort(message: string | null, file: string | null, line: u32, column: u32): void {
  const what = message == null ? "aborted" : message;
  const where = file == null ? "" : " (" + file + ":" + line.toString() + ":" + column.toString() + ")";
  fail(what + where);
  unreachable();
}
