;; Sets an output of 32 MiB.
(module
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
  (func (export "onExecutePostUserRegistration") (result i32)
    (call $output_set (call $alloc (i64.const 33554432)) (i64.const 33554432))
    i32.const 0))
