// extism.h declares the functions of the Extism ABI that the guests use, and
// moves bytes in words of 8 as the official PDKs do.
#ifndef BENCH_EXTISM_H
#define BENCH_EXTISM_H

#include <stdint.h>

#define ABI(name) __attribute__((import_module("extism:host/env"), import_name(#name))) extern
#define ENTRY __attribute__((export_name("onExecutePostUserRegistration")))

ABI(alloc) uint64_t extism_alloc(uint64_t length);
ABI(store_u8) void extism_store_u8(uint64_t offset, uint32_t value);
ABI(store_u64) void extism_store_u64(uint64_t offset, uint64_t value);
ABI(input_length) uint64_t extism_input_length(void);
ABI(input_load_u8) uint32_t extism_input_load_u8(uint64_t offset);
ABI(input_load_u64) uint64_t extism_input_load_u64(uint64_t offset);
ABI(output_set) void extism_output_set(uint64_t offset, uint64_t length);
ABI(log_info) void extism_log_info(uint64_t offset);

// extism_input copies the input to `to`, which has room for `room` bytes, and
// returns how many it copied.
static inline uint64_t extism_input(uint8_t *to, uint64_t room) {
  uint64_t n = extism_input_length(), i = 0;
  if (n > room) n = room;
  for (; i + 8 <= n; i += 8) {
    uint64_t word = extism_input_load_u64(i);
    __builtin_memcpy(to + i, &word, 8);
  }
  for (; i < n; i++) to[i] = (uint8_t)extism_input_load_u8(i);
  return n;
}

// extism_put makes a block of the n bytes at `from`.
static inline uint64_t extism_put(const uint8_t *from, uint64_t n) {
  uint64_t at = extism_alloc(n), i = 0;
  for (; i + 8 <= n; i += 8) {
    uint64_t word;
    __builtin_memcpy(&word, from + i, 8);
    extism_store_u64(at + i, word);
  }
  for (; i < n; i++) extism_store_u8(at + i, from[i]);
  return at;
}

#endif
