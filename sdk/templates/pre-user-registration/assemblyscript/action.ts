import { JSON } from "json-as";
import { deny, event, fail, log, ok, setUserMetadata } from "@usherhost/assemblyscript";

// It is called before a user is created, while the visitor waits. It may deny the
// registration or add metadata. When it fails, the binding's setting on_failure says
// whether the user may register; it is not tried again.
export function onExecutePreUserRegistration(): i32 {
  const e = event();
  if (e.user.email.toLowerCase().endsWith("@blocked.example")) {
    log("denied an address at blocked.example");
    const refused = deny("blocked domain", "You can't register with this address.");
    return refused == null ? ok() : fail(refused.message);
  }
  const refused = setUserMetadata("signed_up_with", JSON.stringify<string>(e.connection.name));
  return refused == null ? ok() : fail(refused.message);
}
