;; A module that is no action: it imports what no host serves, and lacks the
;; entry. Build: see build.sh.
(module
  (import "env" "launch_missiles" (func $launch (param i32)))
  (memory (export "memory") 1)
  (func (export "main") (call $launch (i32.const 1))))
