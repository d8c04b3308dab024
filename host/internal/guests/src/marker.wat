;; Leaves marks wherever it can, or looks for them. The first byte of its input
;; says what to do: 0 looks, and fails when it finds a mark. Others mark memory,
;; a global and the memory for exchange with the host, and then: 1 succeed, 2
;; fail, 3 trap, 4 never end, 5 grow the memory and succeed.
(module
  (import "extism:host/env" "input_load_u8" (func $input (param i64) (result i32)))
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u64" (func $store (param i64 i64)))
  (import "extism:host/env" "load_u8" (func $load (param i64) (result i32)))
  (import "extism:host/env" "memory_bytes" (func $bytes (result i64)))
  (import "extism:host/env" "output_set" (func $output (param i64 i64)))
  (import "extism:host/env" "error_set" (func $error (param i64)))
  (memory 3)
  (data (i32.const 70000) "what every run begins with")
  (global $g (mut i64) (i64.const 7))
  (global $f (mut f64) (f64.const 0.5))
  (table 2 funcref)

  (func $mark (local $p i64) (local $i i64)
    (memory.fill (i32.const 0) (i32.const 0xa5) (i32.mul (memory.size) (i32.const 65536)))
    (global.set $g (i64.const 0xa5a5a5a5a5a5a5a5))
    (global.set $f (f64.const -1))
    (local.set $p (call $alloc (i64.const 100000)))
    (loop $more
      (call $store (i64.add (local.get $p) (local.get $i)) (i64.const 0xa5a5a5a5a5a5a5a5))
      (local.set $i (i64.add (local.get $i) (i64.const 8)))
      (br_if $more (i64.lt_u (local.get $i) (i64.const 100000))))
    (call $output (local.get $p) (i64.const 64))
    (call $error (i64.const 0)))

  (func $clean (result i32) (local $i i32) (local $at i64)
    (if (i64.ne (global.get $g) (i64.const 7)) (then (return (i32.const 0))))
    (if (f64.ne (global.get $f) (f64.const 0.5)) (then (return (i32.const 0))))
    (if (i32.ne (memory.size) (i32.const 3)) (then (return (i32.const 0))))
    (if (i32.ne (i32.load8_u (i32.const 70000)) (i32.const 119)) (then (return (i32.const 0))))
    (loop $more
      (if (i32.eq (i32.load8_u (local.get $i)) (i32.const 0xa5)) (then (return (i32.const 0))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $i) (i32.const 196608))))
    (local.set $at (call $alloc (i64.const 100000)))
    (block $done
      (loop $next
        (br_if $done (i64.ge_u (local.get $at) (call $bytes)))
        (if (i32.eq (call $load (local.get $at)) (i32.const 0xa5)) (then (return (i32.const 0))))
        (local.set $at (i64.add (local.get $at) (i64.const 1)))
        (br $next)))
    (i32.const 1))

  (func (export "onExecutePostUserRegistration") (result i32) (local $what i32)
    (local.set $what (call $input (i64.const 0)))
    (if (i32.eqz (local.get $what)) (then (return (i32.eqz (call $clean)))))
    (call $mark)
    (if (i32.eq (local.get $what) (i32.const 2)) (then (return (i32.const 1))))
    (if (i32.eq (local.get $what) (i32.const 3)) (then (unreachable)))
    (if (i32.eq (local.get $what) (i32.const 4)) (then (loop $for_ever (br $for_ever))))
    (if (i32.eq (local.get $what) (i32.const 5))
      (then
        (drop (memory.grow (i32.const 2)))
        (memory.fill (i32.const 196608) (i32.const 0xa5) (i32.const 131072))))
    (i32.const 0)))
