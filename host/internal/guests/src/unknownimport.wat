;; Imports functions that no host serves, and a memory.
(module
  (import "env" "emscripten_notify_memory_growth" (func (param i32)))
  (import "extism:host/env" "launch_missiles" (func))
  (import "extism:host/env" "alloc" (func (param i32) (result i32)))
  (import "env" "memory" (memory 1))
  (func (export "onExecutePostUserRegistration") (result i32) i32.const 0))
