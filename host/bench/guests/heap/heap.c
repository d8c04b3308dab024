// Fills 1 MiB of heap when it initialises itself, as a guest does that builds
// tables or loads a configuration. A run reads the event and touches some of it.
#include "../extism.h"

enum { words = (1 << 20) / 8, stride = 4096 / 8 };

static uint64_t heap[words];
static uint8_t event[128 << 10];

__attribute__((export_name("_initialize"))) void initialise(void) {
  uint64_t x = 88172645463325252ull;
  for (int i = 0; i < words; i++) {
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    heap[i] = x;
  }
}

ENTRY int onExecutePostUserRegistration(void) {
  uint64_t n = extism_input(event, sizeof event), sum = 14695981039346656037ull;
  for (uint64_t i = 0; i < n; i++) sum = (sum ^ event[i]) * 1099511628211ull;
  for (int i = 0; i < words; i += stride) sum += heap[i];
  for (int i = 0; i < 8; i++) heap[(sum >> i * 8 & 255) * stride] = sum;
  extism_output_set(extism_put((uint8_t *)&sum, sizeof sum), sizeof sum);
  return 0;
}
