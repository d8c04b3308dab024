#include "usher.h"

// It is called before a user is created, while the visitor waits. It may deny the
// registration or add metadata. When it fails, the binding's setting on_failure says
// whether the user may register; it is not tried again.
USHER_ACTION(onExecutePreUserRegistration) {
  const char *refused;
  if (!usher_str(event, "user.email")) { // one who registers by phone
    usher_log("denied a visitor without an e-mail address");
    refused = usher_deny("no e-mail address", "Please register with an e-mail address.");
  } else {
    const char *connection = usher_str(event, "connection.name");
    refused = usher_set_user_metadata("signed_up_with", usher_fmt("%q", connection ? connection : ""));
  }
  if (refused) return usher_fail("the host did not take the command: %s", refused);
  return usher_ok(0);
}
