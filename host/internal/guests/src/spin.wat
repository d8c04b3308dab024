;; Looks at the monotonic clock until 300 ms have passed, then at the wall clock, with
;; no call of the host in between. Returns how often it looked at each, and what passed
;; (3 times 8 bytes).
(module
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u64" (func $store (param i64 i64)))
  (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
  (memory (export "memory") 1)
  (func $now (param $which i32) (result i64)
    (drop (call $clock (local.get $which) (i64.const 0) (i32.const 0)))
    (i64.load (i32.const 0)))
  (global $passed (mut i64) (i64.const 0))
  (func $wait (param $which i32) (result i64) (local $begin i64) (local $looks i64)
    (local.set $begin (call $now (local.get $which)))
    (loop $again
      (local.set $looks (i64.add (local.get $looks) (i64.const 1)))
      (global.set $passed (i64.sub (call $now (local.get $which)) (local.get $begin)))
      (br_if $again (i64.lt_u (global.get $passed) (i64.const 300000000))))
    (local.get $looks))
  (func (export "onExecutePostUserRegistration") (result i32) (local $p i64)
    (local.set $p (call $alloc (i64.const 24)))
    (call $store (local.get $p) (call $wait (i32.const 1)))
    (call $store (i64.add (local.get $p) (i64.const 8)) (call $wait (i32.const 0)))
    (call $store (i64.add (local.get $p) (i64.const 16)) (global.get $passed))
    (call $output_set (local.get $p) (i64.const 24))
    (i32.const 0)))
