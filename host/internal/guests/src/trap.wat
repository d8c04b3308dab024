;; Traps in a named function.
(module
  (func $explode unreachable)
  (func (export "onExecutePostUserRegistration") (result i32) call $explode i32.const 0))
