;; Grows its table by 90,000 elements until that fails, as long as there are
;; tables, and answers with how many bytes of tables it has then, in MiB.
(module
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u8" (func $store (param i64 i32)))
  (import "extism:host/env" "output_set" (func $output (param i64 i64)))
  (memory 1)
  (table $a 0 funcref) (table $b 0 externref) (table $c 0 funcref)
  (func (export "onExecutePostUserRegistration") (result i32) (local $out i64) (local $n i32)
    (drop (table.grow $a (ref.null func) (i32.const 90000)))
    (loop (br_if 0 (i32.ne (table.grow $a (ref.null func) (i32.const 90000)) (i32.const -1)))) ;; over its maximum: that costs nothing
    (drop (table.grow $b (ref.null extern) (i32.const 90000)))
    (drop (table.grow $c (ref.null func) (i32.const 90000)))
    (local.set $n (i32.add (table.size $a) (i32.add (table.size $b) (table.size $c))))
    (local.set $out (call $alloc (i64.const 1)))
    (call $store (local.get $out) (i32.div_u (local.get $n) (i32.const 90000)))
    (call $output (local.get $out) (i64.const 1))
    (i32.const 0)))
