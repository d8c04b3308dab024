;; Sets its input as its output, and exits, two calls deep, with the code that
;; the input's first byte is. It does not come back from there.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "extism:host/env" "input_load_u8" (func $byte (param i64) (result i32)))
  (import "extism:host/env" "input_offset" (func $offset (result i64)))
  (import "extism:host/env" "input_length" (func $length (result i64)))
  (import "extism:host/env" "output_set" (func $output (param i64 i64)))
  (memory (export "memory") 1)
  (func $deeper (call $exit (i32.sub (call $byte (i64.const 0)) (i32.const 48))))
  (func $deep (call $deeper) unreachable)
  (func (export "onExecutePostUserRegistration") (result i32)
    (call $output (call $offset) (call $length))
    (call $deep)
    (i32.const 7)))
