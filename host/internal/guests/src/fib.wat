;; Computes a Fibonacci number by recursion without a loop, for ever in practice.
(module
  (func $fib (param $n i64) (result i64)
    (if (result i64) (i64.lt_u (local.get $n) (i64.const 2))
      (then (local.get $n))
      (else (i64.add (call $fib (i64.sub (local.get $n) (i64.const 1))) (call $fib (i64.sub (local.get $n) (i64.const 2)))))))
  (func (export "onExecutePostUserRegistration") (result i32) (i32.wrap_i64 (call $fib (i64.const 80)))))
