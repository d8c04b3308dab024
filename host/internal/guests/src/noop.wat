;; Succeeds and does nothing.
(module (memory 1) (func (export "onExecutePostUserRegistration") (result i32) i32.const 0))
