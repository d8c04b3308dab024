;; An action as small as one can be: posts {"hello":"usher"} to the address in
;; the secret HOOK_URL, logs, and returns {"sent":true}. Build: see build.sh.
(module
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "length" (func $length (param i64) (result i64)))
  (import "extism:host/env" "load_u8" (func $load (param i64) (result i32)))
  (import "extism:host/env" "store_u8" (func $store (param i64 i32)))
  (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
  (import "extism:host/env" "error_set" (func $error_set (param i64)))
  (import "usher:host/v1" "secret_get" (func $secret_get (param i64) (result i64)))
  (import "usher:host/v1" "http_send" (func $http_send (param i64) (result i64)))
  (import "usher:host/v1" "log_write" (func $log_write (param i32 i64)))
  (memory (export "memory") 1)
  (data (i32.const 0) "HOOK_URL")
  (data (i32.const 16) "{\"method\":\"POST\",\"headers\":{\"content-type\":\"application/json\"},\"body\":\"{\\\"hello\\\":\\\"usher\\\"}\",\"url\":\"")
  (data (i32.const 256) "\"}")
  (data (i32.const 272) "{\"sent\":true}")
  (data (i32.const 304) "saying hello")
  (data (i32.const 336) "the hook did not answer 200")

  ;; copy writes n bytes of the module's memory to the block at offset.
  (func $copy (param $from i32) (param $n i32) (param $to i64)
    (local $i i32)
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
      (call $store
        (i64.add (local.get $to) (i64.extend_i32_u (local.get $i)))
        (i32.load8_u (i32.add (local.get $from) (local.get $i))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next))))

  ;; text makes a block of n bytes of the module's memory.
  (func $text (param $from i32) (param $n i32) (result i64)
    (local $block i64)
    (local.set $block (call $alloc (i64.extend_i32_u (local.get $n))))
    (call $copy (local.get $from) (local.get $n) (local.get $block))
    (local.get $block))

  ;; move writes n bytes of one block to another.
  (func $move (param $from i64) (param $n i64) (param $to i64)
    (local $i i64)
    (block $done (loop $next
      (br_if $done (i64.ge_u (local.get $i) (local.get $n)))
      (call $store (i64.add (local.get $to) (local.get $i)) (call $load (i64.add (local.get $from) (local.get $i))))
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br $next))))

  (func (export "onExecutePostUserRegistration") (result i32)
    (local $url i64) (local $n i64) (local $request i64) (local $answer i64)
    (call $log_write (i32.const 2) (call $text (i32.const 304) (i32.const 12)))
    (local.set $url (call $secret_get (call $text (i32.const 0) (i32.const 8))))
    (local.set $n (call $length (local.get $url)))
    (local.set $request (call $alloc (i64.add (local.get $n) (i64.const 103))))
    (call $copy (i32.const 16) (i32.const 101) (local.get $request))
    (call $move (local.get $url) (local.get $n) (i64.add (local.get $request) (i64.const 101)))
    (call $copy (i32.const 256) (i32.const 2) (i64.add (local.get $request) (i64.add (local.get $n) (i64.const 101))))
    (local.set $answer (call $http_send (local.get $request)))
    ;; {"status":200,… or {"error":…
    (if (i32.ne (call $load (i64.add (local.get $answer) (i64.const 10))) (i32.const 0x32))
      (then
        (call $error_set (call $text (i32.const 336) (i32.const 27)))
        (return (i32.const 1))))
    (call $output_set (call $text (i32.const 272) (i32.const 13)) (i64.const 13))
    (i32.const 0)))
