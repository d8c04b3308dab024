// Denies a registration whose event names the fingerprint of a list with one entry.
#include "../extism.h"

__attribute__((import_module("usher:host/v1"), import_name("access_deny"))) extern uint64_t access_deny(uint64_t request);

static uint8_t input[1 << 16];

static const char fingerprint[] = "t13d190900_9dc949149365_97f8aa674fd9";
static const char request[] = "{\"reason\":\"denied_fingerprint\",\"user_message\":\"You can't sign up from this device.\"}";

static int found(uint64_t n) {
  for (uint64_t i = 0; i < n; i++) {
    uint64_t same = 0;
    while (fingerprint[same] && i + same < n && input[i + same] == (uint8_t)fingerprint[same]) same++;
    if (!fingerprint[same]) return 1;
  }
  return 0;
}

__attribute__((export_name("onExecutePreUserRegistration"))) int onExecutePreUserRegistration(void) {
  if (found(extism_input(input, sizeof input))) access_deny(extism_put((const uint8_t *)request, sizeof request - 1));
  return 0;
}
