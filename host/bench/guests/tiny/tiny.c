// Ignores its input and counts the runs that it sees: there is only ever one.
// `hold` waits in the host, so that an instance can be caught in use.
#include "../extism.h"

static volatile uint32_t runs;

ENTRY int onExecutePostUserRegistration(void) { return ++runs == 1 ? 0 : 1; }

__attribute__((export_name("hold"))) int hold(void) {
  runs++;
  extism_log_info(extism_alloc(1));
  return 0;
}
