// The api object of each trigger, and the commands that an action gives by it.
import { cache } from "./cache.js";

// apiOf returns the api for a handler of entry. What the action orders through
// it is added to commands.
export function apiOf(entry, commands) {
  return entry === "onExecutePreUserRegistration" ? preUserRegistration(commands) : { cache: ownCache() };
}

// ownCache is a cache that its action may change as it likes.
function ownCache() {
  const { get, set, delete: remove } = cache;
  return { get, set, delete: remove };
}

function preUserRegistration(commands) {
  const order = (type, fields) => {
    commands.push({ type, ...fields });
    return api;
  };
  const api = {
    access: {
      deny: (reason, userMessage) => order("access.deny", { reason, user_message: userMessage }),
    },
    validation: {
      error(errorCode, errorMessage) {
        mustBeString("errorCode", errorCode);
        mustBeString("errorMessage", errorMessage);
        return order("validation.error", { code: errorCode, message: errorMessage });
      },
    },
    user: {
      setUserMetadata: (key, value) => order("user.set_user_metadata", { key, value }),
      setAppMetadata: (key, value) => order("user.set_app_metadata", { key, value }),
    },
    cache: ownCache(),
  };
  return api;
}

function mustBeString(name, value) {
  if (typeof value !== "string") throw new Error(`Failed to add validation error: ${name} must be string`);
}
