// A module, as a few actions are written.
import axios, { AxiosError } from "axios";
import { createHash } from "node:crypto";

const salt = "s";

export async function onExecutePostUserRegistration(event, api) {
  const id = createHash("sha256").update(salt + event.user.user_id).digest("base64url");
  const { status, data } = await axios.post(`${event.secrets.BASE}/members`, { id, consent: event.user.user_metadata?.consent ?? false });
  console.log(status, data, typeof AxiosError, this === undefined);
  const { default: lazily } = await import("axios");
  console.log(lazily === axios);
  api.cache.set("last", id, { ttl: 1000 });
  console.log(api.cache.get("last").value === id, api.cache.delete("none"), api.cache.get("none"));
}
