;; Grows its table until that is refused, and fails.
(module (table 1 funcref)
  (func (export "onExecutePostUserRegistration") (result i32)
    (block $refused
      (loop $more
        (br_if $refused (i32.eq (table.grow 0 (ref.null func) (i32.const 65536)) (i32.const -1)))
        (br $more)))
    i32.const 1))
