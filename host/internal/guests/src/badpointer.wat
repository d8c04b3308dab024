;; Reads a word far outside of the host's memory.
(module
  (import "extism:host/env" "load_u64" (func $load (param i64) (result i64)))
  (func (export "onExecutePostUserRegistration") (result i32) (drop (call $load (i64.const 0x7fffffffffffffff))) i32.const 0))
