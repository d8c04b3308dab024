;; Allocates blocks for exchange with the host without end.
(module
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (func (export "onExecutePostUserRegistration") (result i32)
    (loop (drop (call $alloc (i64.const 1048576))) br 0)
    i32.const 0))
