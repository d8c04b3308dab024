;; Counts in its initialiser and in its warm-up, and returns the count (8 bytes).
(module
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u64" (func $store (param i64 i64)))
  (import "extism:host/env" "output_set" (func $output (param i64 i64)))
  (global $count (mut i64) (i64.const 0))
  (func (export "_initialize") (global.set $count (i64.add (global.get $count) (i64.const 1))))
  (func (export "usher_warm_up") (global.set $count (i64.add (global.get $count) (i64.const 100))))
  (func (export "onExecutePostUserRegistration") (result i32) (local $p i64)
    (global.set $count (i64.add (global.get $count) (i64.const 10000)))
    (local.set $p (call $alloc (i64.const 8)))
    (call $store (local.get $p) (global.get $count))
    (call $output (local.get $p) (i64.const 8))
    (i32.const 0)))
