// This action keeps every new user in a remote system.
#include "usher.h"

// store_url reads the address from the secrets, else from the settings.
static const char *store_url(void) {
  const char *url = usher_secret("STORE_URL");
  return url ? url : usher_config("STORE_URL");
}

USHER_ACTION(onExecutePostUserRegistration) {
  const char *user_id = usher_str(event, "user.user_id");
  const char *email = usher_str(event, "user.email"); // NULL, and so null, for one who registered by phone
  const char *url = store_url();
  const char *token = usher_secret("STORE_TOKEN");
  if (!url) return usher_fail("STORE_URL is neither a secret nor a config value");
  if (!token) return usher_fail("secret STORE_TOKEN is not set");

  usher_response r = usher_send((usher_request){
    .url = url,
    .authorization = usher_fmt("Bearer %s", token),
    .content_type = "application/json",
    .body = usher_fmt("{\"user_id\":%q,\"email\":%q}", user_id, email),
  });
  if (!r.status) return usher_fail("the store could not be reached: %s", r.error);

  // A conflict says that the user is there already: an earlier attempt came
  // through, though its answer did not.
  int created = r.status != 409;
  if (created && !usher_is_ok(r)) return usher_fail("the store answered %d: %s", r.status, r.body);
  usher_log("the store answered %d for %s", r.status, user_id);
  return usher_ok(usher_fmt("{\"stored\":true,\"created\":%s}", created ? "true" : "false"));
}
