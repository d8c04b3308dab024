// Moves text between the action's memory and the host's, in words of 8 bytes.
// The last word overlaps the one before it, because moving single bytes costs
// as much a byte as a word does; only what is shorter than a word goes by bytes.
import { DESERIALIZE_ESCAPE_TABLE } from "json-as/assembly/globals/tables";

// json-as 1.6.0 does not know the escape "\/", which some senders write for
// every slash: it reads NUL. Its table of escapes is plain memory.
store<u8>(DESERIALIZE_ESCAPE_TABLE + 47, 47);

// @ts-ignore: decorator
@external("extism:host/env", "alloc") declare function alloc(length: u64): u64;
// @ts-ignore: decorator
@external("extism:host/env", "free") declare function free(offset: u64): void;
// @ts-ignore: decorator
@external("extism:host/env", "length") declare function length(offset: u64): u64;
// @ts-ignore: decorator
@external("extism:host/env", "load_u64") declare function loadU64(offset: u64): u64;
// @ts-ignore: decorator
@external("extism:host/env", "load_u8") declare function loadU8(offset: u64): u32;
// @ts-ignore: decorator
@external("extism:host/env", "store_u64") declare function storeU64(offset: u64, value: u64): void;
// @ts-ignore: decorator
@external("extism:host/env", "store_u8") declare function storeU8(offset: u64, value: u32): void;
// @ts-ignore: decorator
@external("extism:host/env", "input_length") declare function inputLength(): u64;
// @ts-ignore: decorator
@external("extism:host/env", "input_load_u64") declare function inputLoadU64(offset: u64): u64;
// @ts-ignore: decorator
@external("extism:host/env", "input_load_u8") declare function inputLoadU8(offset: u64): u32;

/** Block is text in the host's memory. */
export class Block {
  constructor(public offset: u64, public length: u64) {}

  /** Gives the block back to the host. */
  free(): void {
    free(this.offset);
  }
}

/** Copies text into the host's memory, as UTF-8. */
export function put(text: string): Block {
  const data = String.UTF8.encode(text);
  const n = data.byteLength;
  const from = changetype<usize>(data);
  const to = alloc(n);
  if (n < 8) {
    for (let at = 0; at < n; at++) storeU8(to + at, load<u8>(from + at));
    return new Block(to, n);
  }
  for (let at = 0; at + 8 <= n; at += 8) storeU64(to + at, load<u64>(from + at));
  if (n % 8 != 0) storeU64(to + n - 8, load<u64>(from + n - 8));
  return new Block(to, n);
}

/** Takes text out of the host's memory and gives its block back; null for offset 0. */
export function take(offset: u64): string | null {
  if (offset == 0) return null;
  const n = <i32>length(offset);
  const data = new ArrayBuffer(n);
  const to = changetype<usize>(data);
  if (n < 8) {
    for (let at = 0; at < n; at++) store<u8>(to + at, loadU8(offset + at));
  } else {
    for (let at = 0; at + 8 <= n; at += 8) store<u64>(to + at, loadU64(offset + at));
    if (n % 8 != 0) store<u64>(to + n - 8, loadU64(offset + n - 8));
  }
  free(offset);
  return String.UTF8.decode(data);
}

/** Returns what the host passed to the run. */
export function input(): string {
  const n = <i32>inputLength();
  const data = new ArrayBuffer(n);
  const to = changetype<usize>(data);
  if (n < 8) {
    for (let at = 0; at < n; at++) store<u8>(to + at, inputLoadU8(at));
  } else {
    for (let at = 0; at + 8 <= n; at += 8) store<u64>(to + at, inputLoadU64(at));
    if (n % 8 != 0) store<u64>(to + n - 8, inputLoadU64(n - 8));
  }
  return String.UTF8.decode(data);
}
