// Reads all of its input and returns it as its output.
#include "../extism.h"

static uint8_t event[128 << 10];

ENTRY int onExecutePostUserRegistration(void) {
  uint64_t n = extism_input(event, sizeof event);
  extism_output_set(extism_put(event, n), n);
  return 0;
}
