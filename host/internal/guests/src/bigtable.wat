;; Begins with a table of 100 million elements.
(module (table 100000000 funcref) (func (export "onExecutePostUserRegistration") (result i32) i32.const 0))
