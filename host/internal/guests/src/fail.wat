;; Sets the error "no luck" (8 bytes with the space at the end cut) and returns 1.
(module
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u64" (func $store_u64 (param i64 i64)))
  (import "extism:host/env" "error_set" (func $error_set (param i64)))
  (func (export "onExecutePostUserRegistration") (result i32)
    (local $p i64)
    (local.set $p (call $alloc (i64.const 7)))
    (call $store_u64 (local.get $p) (i64.const 0x006b63756c206f6e))
    (call $error_set (local.get $p))
    (i32.const 1)))
