// A script engine: Duktape with a handler that is evaluated when the module
// initialises itself. A run gives the handler the event's JSON.
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "../extism.h"
#include "duktape.h"

// Duktape seeds its random numbers with the time. A clock that is read during
// the initialisation would make it another one for each run.
time_t time(time_t *now) {
  if (now) *now = 0;
  return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  (void)zone;
  memset(now, 0, sizeof *now);
  return 0;
}

int clock_gettime(clockid_t id, struct timespec *now) {
  (void)id;
  memset(now, 0, sizeof *now);
  return 0;
}

static const char script[] =
    "var log = [];\n"
    "function audit(line) { log.push(line); return line; }\n"
    "function initials(name) {\n"
    "  return name.split(' ').map(function (part) { return part.charAt(0).toUpperCase(); }).join('');\n"
    "}\n"
    "function handler(text) {\n"
    "  var input = JSON.parse(text), event = input.event, user = event.user;\n"
    "  if (!user || !user.user_id) throw new Error('no user');\n"
    "  var scopes = event.transaction.requested_scopes.map(function (s) { return s.toLowerCase(); });\n"
    "  return audit('new user ' + user.user_id + ' ' + user.email + ' ' + initials(user.name) + ' ' + scopes.join('+'));\n"
    "}\n";

static duk_context *duk;
static char event[128 << 10];

__attribute__((constructor)) static void build(void) {
  duk = duk_create_heap_default();
  if (!duk) abort();
  duk_eval_string_noresult(duk, script);
  duk_get_global_string(duk, "handler");
}

ENTRY int onExecutePostUserRegistration(void) {
  uint64_t n = extism_input((uint8_t *)event, sizeof event);
  duk_dup(duk, -1);
  duk_push_lstring(duk, event, n);
  duk_call(duk, 1);
  duk_size_t length;
  const char *line = duk_get_lstring(duk, -1, &length);
  if (!line) return 1;
  extism_log_info(extism_put((const uint8_t *)line, length));
  duk_pop(duk);
  return 0;
}
