;; Calls a linked module that exits.
(module
  (import "exits" "onExecutePostUserRegistration" (func $exits (result i32)))
  (memory (export "memory") 1)
  (func (export "onExecutePostUserRegistration") (result i32)
    (drop (call $exits))
    unreachable))
