;; Calls the host for ever, in ways that take the host long and a guest little:
;; the first byte of the input says in which.
(module
  (import "extism:host/env" "input_load_u8" (func $input (param i64) (result i32)))
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "free" (func $free (param i64)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory (export "memory") 1000)
  (func (export "onExecutePostUserRegistration") (result i32) (local $what i32)
    (local.set $what (call $input (i64.const 0)))
    (loop $for_ever
      (if (i32.eq (local.get $what) (i32.const 1))
        (then (drop (call $write (i32.const 1) (i32.const 0) (i32.const 8000000) (i32.const 0)))))
      (if (i32.eq (local.get $what) (i32.const 2))
        (then (drop (call $random (i32.const 0) (i32.const 64000000)))))
      (if (i32.eq (local.get $what) (i32.const 3))
        (then (call $free (call $alloc (i64.const 30000000)))))
      (br $for_ever))
    (i32.const 0)))
