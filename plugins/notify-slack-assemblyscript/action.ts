// This action posts every new user to a Slack channel.
import { User, event, fail, log, ok, postJSON, secret } from "@usherhost/assemblyscript";

@json
class Message {
  text: string = "";
}

export function onExecutePostUserRegistration(): i32 {
  const user = event().user;
  if (user.email == "") return fail("event.user.email is missing");
  const url = secret("SLACK_WEBHOOK_URL");
  if (url == null) return fail("secret SLACK_WEBHOOK_URL is not set");

  const message = new Message();
  message.text = text(user);
  const response = postJSON(url, message);
  if (!response.ok) return fail("slack " + response.problem);
  log("slack answered " + response.status.toString());
  return ok('{"notified":true}');
}

// Slack reads <, > and & as markup: a user named <!channel> would call everybody.
function text(user: User): string {
  const name = user.name == "" ? "" : " (" + user.name + ")";
  return ("New user: " + user.email + name).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
