;; Logs 4 KiB lines without end.
(module
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "log_info" (func $log (param i64)))
  (func (export "onExecutePostUserRegistration") (result i32)
    (loop (call $log (call $alloc (i64.const 4096))) br 0)
    i32.const 0))
