;; Begins with 128 MiB of memory.
(module (memory 2048) (func (export "onExecutePostUserRegistration") (result i32) i32.const 0))
