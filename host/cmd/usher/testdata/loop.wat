;; An action that never ends. Build: see build.sh.
(module
  (memory (export "memory") 1)
  (func (export "onExecutePostUserRegistration") (result i32)
    (loop $for_ever (br $for_ever))
    (i32.const 0)))
