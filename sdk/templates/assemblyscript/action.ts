import { JSON } from "json-as";
import { event, fail, log, ok } from "@usherhost/assemblyscript";

@json
class Output {
  greeting: string = "";
}

// It is called for every new user. What it returns with ok is recorded as its
// output; fail fails the run, which is then tried again.
export function onExecutePostUserRegistration(): i32 {
  const e = event();
  if (e.user.user_id == "") return fail("event.user.user_id is missing");
  log(e.user.user_id + " registered with " + e.connection.name);

  const output = new Output();
  output.greeting = "Hello, " + e.user.email;
  return ok(JSON.stringify(output));
}
