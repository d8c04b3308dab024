import type { PostUserRegistrationHandler } from "../../index.js";

export const onExecutePostUserRegistration: PostUserRegistrationHandler = async (event, api) => {
  const written = api.cache.set("last", event.user.user_id);
  if (written.type === "error") throw new Error(written.code);
  console.info(event.user.email ?? "no email");
};
