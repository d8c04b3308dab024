;; Loops and a recursion whose speed shows what metering costs.
(module
  (memory (export "memory") 2)
  ;; FNV-1a over n bytes of a counter.
  (func (export "hash") (param $n i32) (result i32)
    (local $h i32) (local $i i32)
    (local.set $h (i32.const -2128831035))
    (loop $next
      (local.set $h (i32.mul (i32.xor (local.get $h) (i32.and (local.get $i) (i32.const 255))) (i32.const 16777619)))
      (local.set $h (i32.xor (i32.rotl (local.get $h) (i32.const 5)) (i32.shr_u (local.get $h) (i32.const 3))))
      (local.set $h (i32.mul (i32.xor (local.get $h) (local.get $i)) (i32.const 16777619)))
      (local.set $h (i32.xor (i32.rotl (local.get $h) (i32.const 7)) (i32.const 99)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $h))
  ;; Adds up and rewrites n words of memory, 16 KiB again and again.
  (func (export "memory loop") (param $n i32) (result i32)
    (local $sum i32) (local $i i32) (local $at i32)
    (loop $next
      (local.set $at (i32.and (i32.shl (local.get $i) (i32.const 2)) (i32.const 16380)))
      (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $at))))
      (i32.store (local.get $at) (i32.xor (local.get $sum) (local.get $i)))
      (i32.store8 offset=20000 (local.get $at) (local.get $sum))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $sum))
  (func $fib (export "fib") (param $n i32) (result i32)
    (if (result i32) (i32.lt_s (local.get $n) (i32.const 2))
      (then (local.get $n))
      (else (i32.add (call $fib (i32.sub (local.get $n) (i32.const 1))) (call $fib (i32.sub (local.get $n) (i32.const 2))))))))
