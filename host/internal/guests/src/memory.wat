;; Grows its memory a page at a time, then traps.
(module (memory 1)
  (func (export "onExecutePostUserRegistration") (result i32)
    (loop $more
      (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    unreachable))
