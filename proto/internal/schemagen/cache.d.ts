/**
 * Keeps values for a while. All actions of the trigger share them. A value is
 * there for the rest of the run; whether a later run finds it is not promised.
 */
export interface CacheAPI {
  /** Returns the record of a key, or undefined when there is none. */
  get(key: string): CacheRecord | undefined;
  /**
   * Stores a value. The key has at most 64 bytes, the value 4096. It never
   * throws: look at the result's type.
   */
  set(key: string, value: string, options?: CacheSetOptions): CacheWriteResult;
  /** Removes a key. It never throws: look at the result's type. */
  delete(key: string): CacheDeleteResult;
}

/** A value in the cache. */
export interface CacheRecord {
  /** The value. */
  value: string;
  /** When it expires, in milliseconds since 1970. */
  expires_at: number;
}

/**
 * How long a value is kept. With both the earlier holds, with neither it is 15
 * minutes.
 */
export interface CacheSetOptions {
  /** How long it is kept, in milliseconds. */
  ttl?: number;
  /** When it expires, in milliseconds since 1970. */
  expires_at?: number;
}

/** The result of a set. */
export type CacheWriteResult =
  | { type: "success"; record: CacheRecord }
  | { type: "error"; code: CacheWriteErrorCode };

/** The result of a delete. */
export type CacheDeleteResult =
  | { type: "success" }
  | { type: "error"; code: CacheWriteErrorCode };

/** Why a set or a delete failed. */
export type CacheWriteErrorCode =
  | "MaxSideEffectsExceeded"
  | "CacheKeySizeExceeded"
  | "CacheValueSizeExceeded"
  | "CacheSizeExceeded"
  | "ItemAlreadyExpired"
  | "InvalidExpiry"
  | "FailedToSetCacheRecord"
  | "FailedToDeleteCacheRecord"
  | "CacheKeyDoesNotExist";
