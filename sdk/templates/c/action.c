#include "usher.h"

// It is called for every new user. What it returns with usher_ok is recorded as
// its output; usher_fail fails the run, which is then tried again.
USHER_ACTION(onExecutePostUserRegistration) {
  const char *user_id = usher_str(event, "user.user_id");
  if (!user_id) return usher_fail("event.user.user_id is missing");
  usher_log("%s registered with %s", user_id, usher_str(event, "connection.name"));
  const char *email = usher_str(event, "user.email"); // NULL for one who registered by phone
  return usher_ok(usher_fmt("{\"greeting\":%q}", usher_fmt("Hello, %s", email ? email : "you")));
}
