;; The memory of the Extism ABI for a pooled instance, so that a guest that
;; exchanges bytes one by one does not leave WebAssembly for each. HostKernel in
;; kernel.go and functions.go has the same functions for other instances; both
;; must behave alike.
;;
;; A block has a header of 8 bytes before it: its length, and a mark with its
;; class: its room is the power of two with that exponent. The guest can overwrite
;; headers: that harms its own run only, and the host checks everything it reads.
;;
;; A freed block keeps its bytes until it is reused: the free lists run through the
;; headers, and guests free the block that they have just set as their output or
;; error. Extism's kernel reuses no block before its first page is full; neither do
;; these functions, before $end has reached $reuse.
(module
  ;; fault(function, offset, length) ends the run; it does not return. With
  ;; function 6 it does, unless the run's deadline has passed.
  (import "usher:kernel/host" "fault" (func $fault (param i32 i64 i64)))
  (memory (export "memory") 1)

  (global $end (export "end") (mut i32) (i32.const 128))       ;; first byte that was never used
  (global $input (export "input") (mut i64) (i64.const 0))
  (global $input_length (export "input_bytes") (mut i64) (i64.const 0))
  (global $output (export "output") (mut i64) (i64.const 0))
  (global $output_length (export "output_bytes") (mut i64) (i64.const 0))
  (global $output_limit (export "output_limit") (mut i64) (i64.const 0))
  (global $error (export "error") (mut i64) (i64.const 0))
  (global $error_length (export "error_bytes") (mut i64) (i64.const 0)) ;; when it was set: it may be freed since
  (global $reuse (export "reuse") (mut i32) (i32.const 0)) ;; while $end is lower, freed blocks are not reused

  ;; Bytes 0 to 127 are the heads of the free lists: a word for each class.

  ;; class is the power of two that holds length, 4 at least.
  (func $class (param $length i32) (result i32)
    (if (result i32) (i32.le_u (local.get $length) (i32.const 16))
      (then (i32.const 4))
      (else (i32.sub (i32.const 32) (i32.clz (i32.sub (local.get $length) (i32.const 1)))))))

  ;; head returns the address of the header of the block at offset, 0 when there
  ;; is no such block.
  (func $head (param $offset i64) (result i32) (local $at i32)
    (if (i64.lt_u (local.get $offset) (i64.const 136)) (then (return (i32.const 0))))
    (if (i64.ge_u (local.get $offset) (i64.extend_i32_u (global.get $end))) (then (return (i32.const 0))))
    (if (i64.ne (i64.and (local.get $offset) (i64.const 7)) (i64.const 0)) (then (return (i32.const 0))))
    (local.set $at (i32.sub (i32.wrap_i64 (local.get $offset)) (i32.const 8)))
    (if (i32.ne (i32.and (i32.load offset=4 (local.get $at)) (i32.const 0xffffff00)) (i32.const 0x55534800)) ;; "USH"
      (then (return (i32.const 0))))
    (local.get $at))

  (func (export "alloc") (param $length i64) (result i64) (local $class i32) (local $at i32) (local $room i32)
    (if (i64.eqz (local.get $length)) (then (return (i64.const 0))))
    (if (i64.gt_u (local.get $length) (i64.const 0x3fffffff))
      (then (call $fault (i32.const 0) (i64.const 0) (local.get $length)) unreachable))
    (local.set $class (call $class (i32.wrap_i64 (local.get $length))))
    (local.set $room (i32.add (i32.shl (i32.const 1) (local.get $class)) (i32.const 8)))
    (if (i32.gt_u (i32.add (global.get $end) (local.get $room)) (global.get $reuse))
      (then (local.set $at (call $freed (local.get $class) (local.get $length)))))
    (if (i32.eqz (local.get $at)) (then (local.set $at (call $fresh (local.get $room)))))
    (if (i32.eqz (local.get $at)) (then (local.set $at (call $freed (local.get $class) (local.get $length)))))
    (if (i32.eqz (local.get $at))
      (then (call $fault (i32.const 0) (i64.const 0) (local.get $length)) unreachable))
    (i32.store (local.get $at) (i32.wrap_i64 (local.get $length)))
    (i32.store offset=4 (local.get $at) (i32.or (i32.const 0x55534800) (local.get $class)))
    (i64.extend_i32_u (i32.add (local.get $at) (i32.const 8))))

  ;; fresh returns memory that was never used, 0 when there is none.
  (func $fresh (param $room i32) (result i32) (local $at i32) (local $pages i32)
    (local.set $at (global.get $end))
    (local.set $pages
      (i32.sub
        (i32.shr_u (i32.add (i32.add (local.get $at) (local.get $room)) (i32.const 65535)) (i32.const 16))
        (memory.size)))
    (if (i32.gt_s (local.get $pages) (i32.const 0))
      (then
        (if (i32.eq (memory.grow (local.get $pages)) (i32.const -1)) (then (return (i32.const 0))))))
    (global.set $end (i32.add (local.get $at) (local.get $room)))
    (local.get $at))

  ;; freed takes a block from a free list and clears it, 0 when the list is
  ;; empty: the next block is in the length's place. A list that the guest has
  ;; overwritten must not lead to memory that was never allocated: bytes written
  ;; there would outlast the run.
  (func $freed (param $class i32) (param $length i64) (result i32) (local $list i32) (local $at i32)
    (local.set $list (i32.shl (local.get $class) (i32.const 2)))
    (local.set $at (i32.load (local.get $list)))
    (if (i32.eqz (local.get $at)) (then (return (i32.const 0))))
    (if (i32.eqz (call $inside (i64.add (i64.extend_i32_u (local.get $at)) (i64.const 8)) (local.get $length)))
      (then unreachable))
    ;; A large block takes time to clear: fault returns before the deadline.
    (if (i64.gt_u (local.get $length) (i64.const 0xffff))
      (then (call $fault (i32.const 6) (i64.const 0) (local.get $length))))
    (i32.store (local.get $list) (i32.load (local.get $at)))
    (memory.fill (i32.add (local.get $at) (i32.const 8)) (i32.const 0) (i32.wrap_i64 (local.get $length)))
    (local.get $at))

  (func (export "free") (param $offset i64) (local $at i32) (local $list i32)
    (local.set $at (call $head (local.get $offset)))
    (if (i32.eqz (local.get $at)) (then (return)))
    (if (i64.eq (local.get $offset) (global.get $input)) (then (global.set $input_length (i64.const 0))))
    (local.set $list (i32.shl (i32.and (i32.load8_u offset=4 (local.get $at)) (i32.const 31)) (i32.const 2)))
    (i32.store offset=4 (local.get $at) (i32.const 0x55534600)) ;; "USF"
    (i32.store (local.get $at) (i32.load (local.get $list)))
    (i32.store (local.get $list) (local.get $at)))

  (func $length (export "length") (param $offset i64) (result i64) (local $at i32)
    (local.set $at (call $head (local.get $offset)))
    (if (result i64) (local.get $at)
      (then (i64.load32_u (local.get $at)))
      (else (i64.const 0))))
  (export "length_unsafe" (func $length))

  ;; inside reports whether length bytes at offset lie in used memory.
  (func $inside (param $offset i64) (param $length i64) (result i32) (local $end i64)
    (local.set $end (i64.extend_i32_u (global.get $end)))
    (if (i64.gt_u (local.get $offset) (local.get $end)) (then (return (i32.const 0))))
    (i64.le_u (local.get $length) (i64.sub (local.get $end) (local.get $offset))))

  (func $load_u8 (export "load_u8") (param $offset i64) (result i32)
    (if (result i32) (i64.lt_u (local.get $offset) (i64.extend_i32_u (global.get $end)))
      (then (i32.load8_u (i32.wrap_i64 (local.get $offset))))
      (else (i32.const 0))))

  (func (export "store_u8") (param $offset i64) (param $value i32)
    (if (i64.lt_u (local.get $offset) (i64.extend_i32_u (global.get $end)))
      (then (i32.store8 (i32.wrap_i64 (local.get $offset)) (local.get $value)))))

  (func (export "load_u64") (param $offset i64) (result i64)
    (if (i32.eqz (call $inside (local.get $offset) (i64.const 8)))
      (then (call $fault (i32.const 1) (local.get $offset) (i64.const 8)) unreachable))
    (i64.load (i32.wrap_i64 (local.get $offset))))

  (func (export "store_u64") (param $offset i64) (param $value i64)
    (if (i32.eqz (call $inside (local.get $offset) (i64.const 8)))
      (then (call $fault (i32.const 2) (local.get $offset) (i64.const 8)) unreachable))
    (i64.store (i32.wrap_i64 (local.get $offset)) (local.get $value)))

  (func (export "input_length") (result i64) (global.get $input_length))
  (func (export "input_offset") (result i64) (global.get $input))

  (func (export "input_load_u8") (param $at i64) (result i32)
    (if (result i32) (i64.lt_u (local.get $at) (global.get $input_length))
      (then (i32.load8_u (i32.wrap_i64 (i64.add (global.get $input) (local.get $at)))))
      (else (i32.const 0))))

  (func (export "input_load_u64") (param $at i64) (result i64)
    (if (i32.or (i64.gt_u (local.get $at) (global.get $input_length)) (i64.eqz (global.get $input_length)))
      (then (call $fault (i32.const 3) (local.get $at) (i64.const 8)) unreachable))
    (if (i32.eqz (call $inside (i64.add (global.get $input) (local.get $at)) (i64.const 8)))
      (then (call $fault (i32.const 3) (local.get $at) (i64.const 8)) unreachable))
    (i64.load (i32.wrap_i64 (i64.add (global.get $input) (local.get $at)))))

  (func (export "output_set") (param $offset i64) (param $length i64)
    (if (i64.gt_u (local.get $length) (global.get $output_limit))
      (then (call $fault (i32.const 5) (local.get $offset) (local.get $length)) unreachable))
    (if (i32.eqz (call $inside (local.get $offset) (local.get $length)))
      (then (call $fault (i32.const 4) (local.get $offset) (local.get $length)) unreachable))
    (global.set $output (local.get $offset))
    (global.set $output_length (local.get $length)))
  (func (export "output_length") (result i64) (global.get $output_length))
  (func (export "output_offset") (result i64) (global.get $output))

  (func (export "error_set") (param $offset i64)
    (global.set $error (local.get $offset))
    (global.set $error_length (call $length (local.get $offset))))
  (func (export "error_get") (result i64) (global.get $error))
  (func (export "memory_bytes") (result i64) (i64.extend_i32_u (global.get $end)))
)
