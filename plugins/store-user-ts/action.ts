// This action stores every new user in a remote system, and checks what it
// sends and what it gets.
import type { PostUserRegistrationEvent, PostUserRegistrationHandler } from "usher-actions";
import * as z from "zod";

const Secrets = z.object({
  STORE_URL: z.url(),
  STORE_TOKEN: z.string().min(1),
});

const Stored = z.object({ id: z.string() });

export const onExecutePostUserRegistration: PostUserRegistrationHandler = async (event) => {
  const { STORE_URL, STORE_TOKEN } = Secrets.parse(event.secrets);
  const response = await fetch(STORE_URL, {
    method: "POST",
    headers: { authorization: `Bearer ${STORE_TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify(profileOf(event)),
    signal: AbortSignal.timeout(5000),
  });
  if (response.status === 409) {
    console.log(`the store has ${event.user.user_id} already`);
    return;
  }
  if (!response.ok) throw new Error(`the store answered ${response.status}`);

  const { id } = Stored.parse(await response.json());
  console.log(`${event.user.user_id} is ${id} in the store`);
};

// A user whom an administrator created comes without a request.
function profileOf({ user, connection, request }: PostUserRegistrationEvent) {
  return {
    user_id: user.user_id,
    email: user.email ?? null,
    registered_at: user.created_at,
    with: connection?.name,
    country: request?.geoip?.countryCode ?? null,
  };
}
