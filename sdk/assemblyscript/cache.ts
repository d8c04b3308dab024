import { JSON } from "json-as";
import { ask } from "./run";

// @ts-ignore: decorator
@external("usher:host/v1", "cache_get") declare function cacheGet(key: u64): u64;
// @ts-ignore: decorator
@external("usher:host/v1", "cache_set") declare function cacheSet(request: u64): u64;
// @ts-ignore: decorator
@external("usher:host/v1", "cache_delete") declare function cacheDelete(key: u64): u64;

/** A cached value and when it goes, in milliseconds since 1970. */
@json
export class CacheRecord {
  value: string = "";
  expires_at: i64 = 0;
}

/** The outcome of a change: type is "success" or "error". */
@json
export class CacheResult {
  type: string = "";
  code: string = ""; // with "error", such as "CacheValueSizeExceeded"
  record: CacheRecord | null = null;

  get ok(): bool {
    return this.type == "success";
  }
}

@json
class CacheEntry {
  key: string = "";
  value: string = "";
  ttl: i64 = 0;
}

@json
class CacheEntryWithDefault {
  key: string = "";
  value: string = "";
}

/** All actions of a trigger share one cache, which may forget at any time. */
export namespace cache {
  /** Returns the record at key, null when there is none. */
  export function get(key: string): CacheRecord | null {
    const answer = ask(cacheGet, key);
    return answer == null ? null : JSON.parse<CacheRecord>(answer);
  }

  /** Stores value at key for ttl milliseconds; 0 is the host's default of 15 minutes. */
  export function set(key: string, value: string, ttl: i64 = 0): CacheResult {
    return result(ask(cacheSet, entry(key, value, ttl)));
  }

  /** Forgets what is at key. */
  export function remove(key: string): CacheResult {
    return result(ask(cacheDelete, key));
  }
}

function entry(key: string, value: string, ttl: i64): string {
  return JSON.stringify<CacheEntry>({ key, value, ttl });
}

function result(answer: string | null): CacheResult {
  return JSON.parse<CacheResult>(answer == null ? "{}" : answer);
}
