;; Exports another function than the entry.
(module (func (export "onRegistered") (result i32) i32.const 0))
