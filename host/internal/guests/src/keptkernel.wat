;; Overwrites the free lists of the memory for exchange with the host, so that a
;; block is given out, or freed, far behind what was allocated; input 0 looks
;; for what that left there. It succeeds when it finds nothing.
(module
  (import "extism:host/env" "input_load_u8" (func $input (param i64) (result i32)))
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "free" (func $free (param i64)))
  (import "extism:host/env" "store_u8" (func $store8 (param i64 i32)))
  (import "extism:host/env" "store_u64" (func $store (param i64 i64)))
  (import "extism:host/env" "load_u64" (func $load (param i64) (result i64)))
  (import "extism:host/env" "memory_bytes" (func $bytes (result i64)))
  (import "extism:host/env" "output_set" (func $output (param i64 i64)))

  ;; List 4, of blocks of 16 bytes, is the word at 16. It is used when 128 KiB are.
  (func $alloc_behind
    (drop (call $alloc (i64.const 131072)))
    (call $store8 (i64.const 16) (i32.const 0xe0))
    (call $store8 (i64.const 17) (i32.const 0x93))
    (call $store8 (i64.const 18) (i32.const 0x04)) ;; 300000
    (drop (call $alloc (i64.const 13))))

  (func $free_behind (local $end i64)
    (call $store8 (i64.const 16) (i32.const 0xa5))
    (drop (call $alloc (i64.const 1000)))
    (local.set $end (call $bytes))
    (call $store (i64.sub (local.get $end) (i64.const 8)) (i64.const 0x5553480400000008))
    (call $free (local.get $end)))

  (func (export "onExecutePostUserRegistration") (result i32) (local $what i32) (local $at i64)
    (local.set $what (call $input (i64.const 0)))
    (if (i32.eq (local.get $what) (i32.const 1)) (then (call $alloc_behind) (return (i32.const 0))))
    (if (i32.eq (local.get $what) (i32.const 2)) (then (call $free_behind) (return (i32.const 0))))
    (local.set $at (call $alloc (i64.const 400000)))
    (call $output (local.get $at) (i64.const 400000))
    (i32.const 0)))
