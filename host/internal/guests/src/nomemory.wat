;; Begins with a memory of no page, and needs one.
(module
  (memory 0)
  (func (export "onExecutePostUserRegistration") (result i32)
    (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then (unreachable)))
    (i32.store (i32.const 8) (i32.const 7))
    (i32.const 0)))
