;; Exports the entry with a parameter.
(module (func (export "onExecutePostUserRegistration") (param i32) (result i32) i32.const 0))
