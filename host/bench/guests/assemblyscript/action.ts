// Parses the event's JSON and logs one line of it, with the official Extism
// functions only, so that every host can run it.
import { JSON } from "json-as";

// @ts-ignore: decorator
@external("extism:host/env", "alloc") declare function alloc(length: u64): u64;
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
// @ts-ignore: decorator
@external("extism:host/env", "log_info") declare function logInfo(offset: u64): void;

@json
class Tenant {
  id: string = "";
}

@json
class User {
  user_id: string = "";
  email: string = "";
  name: string = "";
  nickname: string = "";
  picture: string = "";
  created_at: string = "";
  email_verified: bool = false;
}

@json
class Event {
  tenant: Tenant = new Tenant();
  user: User = new User();
}

@json
class Input {
  event: Event = new Event();
}

export function onExecutePostUserRegistration(): i32 {
  const user = JSON.parse<Input>(input()).event.user;
  log("new user " + user.user_id + " " + user.email);
  return user.user_id == "" ? 1 : 0;
}

function input(): string {
  const n = <i32>inputLength();
  const data = new ArrayBuffer(n);
  const to = changetype<usize>(data);
  let at = 0;
  for (; at + 8 <= n; at += 8) store<u64>(to + at, inputLoadU64(at));
  for (; at < n; at++) store<u8>(to + at, inputLoadU8(at));
  return String.UTF8.decode(data);
}

function log(text: string): void {
  const data = String.UTF8.encode(text);
  const from = changetype<usize>(data);
  const n = data.byteLength;
  const to = alloc(n);
  let at = 0;
  for (; at + 8 <= n; at += 8) storeU64(to + at, load<u64>(from + at));
  for (; at < n; at++) storeU8(to + at, load<u8>(from + at));
  logInfo(to);
}

// There is no message and no reader: the trap is enough.
export function onAbort(message: string | null, file: string | null, line: u32, column: u32): void {
  unreachable();
}
