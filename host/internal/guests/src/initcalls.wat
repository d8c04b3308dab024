;; Calls the host while it initialises itself.
(module
  (import "extism:host/env" "config_get" (func $config (param i64) (result i64)))
  (func (export "_initialize") (drop (call $config (i64.const 0))))
  (func (export "onExecutePostUserRegistration") (result i32) i32.const 0))
