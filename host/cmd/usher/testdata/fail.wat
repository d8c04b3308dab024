;; An action that always fails, with a message of its own. Build: see build.sh.
(module
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u8" (func $store (param i64 i32)))
  (import "extism:host/env" "error_set" (func $error_set (param i64)))
  (memory (export "memory") 1)
  (data (i32.const 0) "no luck today")
  (func (export "onExecutePostUserRegistration") (result i32)
    (local $i i64) (local $block i64)
    (local.set $block (call $alloc (i64.const 13)))
    (loop $next
      (call $store (i64.add (local.get $block) (local.get $i)) (i32.load8_u (i32.wrap_i64 (local.get $i))))
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br_if $next (i64.lt_u (local.get $i) (i64.const 13))))
    (call $error_set (local.get $block))
    (i32.const 1)))
