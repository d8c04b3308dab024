;; Never ends, in its initialiser.
(module (func (export "_initialize") (loop br 0)) (func (export "onExecutePostUserRegistration") (result i32) i32.const 0))
