;; Fills and copies most of its memory, of the MiB that the input's first byte
;; says, for ever.
(module
  (import "extism:host/env" "input_load_u8" (func $input (param i64) (result i32)))
  (memory 1)
  (func (export "onExecutePostUserRegistration") (result i32) (local $bytes i32)
    (local.set $bytes (i32.shl (call $input (i64.const 0)) (i32.const 20)))
    (if (i32.eq (memory.grow (i32.shr_u (local.get $bytes) (i32.const 16))) (i32.const -1)) (then unreachable))
    (loop
      (memory.fill (i32.const 0) (i32.const 1) (local.get $bytes))
      (memory.copy (i32.const 65536) (i32.const 0) (local.get $bytes))
      (br 0))
    (i32.const 0)))
