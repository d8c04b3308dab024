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
