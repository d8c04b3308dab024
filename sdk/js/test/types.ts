// Compiled, not run: what the types must allow, and refuse.
import type { Event, PostUserRegistrationAPI, PostUserRegistrationHandler, PreUserRegistrationHandler } from "usher-actions";
import { runAction } from "usher-actions/test";

export const handler: PostUserRegistrationHandler = async (event: Event, api: PostUserRegistrationAPI) => {
  const where: string | undefined = event.request?.geoip.countryCode;
  const record = api.cache.get("k");
  const value: string | undefined = record?.value;
  // @ts-expect-error: the cache stores strings alone
  api.cache.set("k", 5);
  // @ts-expect-error: request may be missing
  console.log(event.request.ip, where, value);
};

export async function test() {
  const run = await runAction(new URL("action.js", import.meta.url), { event: { user: { user_id: "u" } }, fakes: [{ request: { url: "*" } }] });
  const messages: string[] = run.logs.map((line) => line.message);
  // @ts-expect-error: there are two engines
  await runAction("action.js", { engine: "deno" });
  return [messages, run.error?.message];
}

export const gate: PreUserRegistrationHandler = async (event, api) => {
  const ja4: string | undefined = event.security_context?.ja4;
  const ip: string = event.request.ip;
  api.access.deny(`${ja4} from ${ip}`, "Not today").user.setUserMetadata("seen", { ip });
  // @ts-expect-error: a user who registers has no id yet
  console.log(event.user.user_id);
};

declare global {
  namespace Usher {
    interface Secrets { SLACK_WEBHOOK_URL: string }
    interface Configuration { CHANNEL: string }
  }
}

// What an action's author misspells is an error, however deep it is; what is open by contract stays open.
export const strict: PostUserRegistrationHandler = async (event) => {
  const set: string[] = [event.secrets.SLACK_WEBHOOK_URL, event.configuration.CHANNEL, event.user.user_metadata.plan, event.user.app_metadata.roles[0]];
  const open: (string | undefined)[] = [event.connection.metadata?.plan, event.custom_domain?.domain_metadata.region, event.experiment?.config.color?.value];
  // @ts-expect-error: the user is in event.user
  console.log(event.usr.email);
  // @ts-expect-error: a misspelt member of the user
  console.log(event.user.emial);
  // @ts-expect-error: a secret that is not declared
  console.log(event.secrets.NOPE);
  // @ts-expect-error: a configuration that is not declared
  console.log(event.configuration.NOPE);
  // @ts-expect-error: nested
  console.log(event.request?.geoip.contryCode);
  // @ts-expect-error: nested, behind what may be missing
  console.log(event.transaction?.requested_scope);
  // @ts-expect-error: a pattern that takes a member which there is not
  const { user_id, user_name } = event.user;
  // @ts-expect-error: deep in what others than the sender found
  console.log(event.authentication?.riskAssessment?.supplemental?.akamai?.akamaiBot?.botscore, user_id, set, open);
};

export const strictGate: PreUserRegistrationHandler = async (event, api) => {
  const entered: string = event.request.body.company ?? event.user.user_metadata?.company ?? event.client?.metadata.kind;
  // @ts-expect-error: a misspelt member of the client
  console.log(event.client?.clientId, entered);
  // @ts-expect-error: a misspelt method
  api.access.denny("no");
};
