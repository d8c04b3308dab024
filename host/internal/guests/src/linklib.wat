;; A library for link.wat: doubles a number by adding, and never ends for 0.
(module
  (memory 1)
  (global $count (mut i64) (i64.const 0))
  (func $double (export "double") (param $n i64) (result i64) (local $i i64) (local $sum i64)
    (global.set $count (i64.add (global.get $count) (i64.const 1)))
    (if (i64.eqz (local.get $n)) (then (loop $for_ever (br $for_ever))))
    (loop $more
      (local.set $sum (i64.add (local.get $sum) (i64.const 2)))
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br_if $more (i64.lt_u (local.get $i) (local.get $n))))
    (local.get $sum))
  (func $calls (export "calls") (result i64) (global.get $count)))
