;; Grows its memory by 4 MiB at a time to the MiB that its input's first byte
;; says, writes to each page of 4 KiB, and reads all of it again.
(module
  (import "extism:host/env" "input_load_u8" (func $input (param i64) (result i32)))
  (memory 1)
  (func (export "onExecutePostUserRegistration") (result i32) (local $end i32) (local $at i32) (local $wrong i32)
    (local.set $end (i32.mul (call $input (i64.const 0)) (i32.const 16))) ;; in pages of 64 KiB
    (loop $more
      (if (i32.lt_u (memory.size) (local.get $end)) (then
        (if (i32.eq (memory.grow (i32.const 63)) (i32.const -1)) (then unreachable))
        (loop $touch
          (i32.store (local.get $at) (i32.add (local.get $at) (i32.const 1)))
          (local.set $at (i32.add (local.get $at) (i32.const 4096)))
          (br_if $touch (i32.lt_u (local.get $at) (i32.shl (memory.size) (i32.const 16)))))
        (br $more))))
    (loop $read
      (local.set $at (i32.sub (local.get $at) (i32.const 4096)))
      (if (i32.ne (i32.load (local.get $at)) (i32.add (local.get $at) (i32.const 1))) (then (local.set $wrong (i32.const 1))))
      (br_if $read (local.get $at)))
    (local.get $wrong)))
