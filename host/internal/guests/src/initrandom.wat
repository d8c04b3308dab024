;; Takes 8 random bytes while it initialises itself, and returns them.
(module
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u64" (func $store (param i64 i64)))
  (import "extism:host/env" "output_set" (func $output (param i64 i64)))
  (memory (export "memory") 1)
  (func (export "_initialize") (drop (call $random (i32.const 0) (i32.const 8))))
  (func (export "onExecutePostUserRegistration") (result i32) (local $p i64)
    (local.set $p (call $alloc (i64.const 8)))
    (call $store (local.get $p) (i64.load (i32.const 0)))
    (call $output (local.get $p) (i64.const 8))
    (i32.const 0)))
