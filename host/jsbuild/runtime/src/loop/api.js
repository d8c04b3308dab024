// The api object of each trigger, and the commands that an action gives by it. The
// host counts each command from its call on.
import { native } from "../native.js";
import { cache } from "./cache.js";
import { stringify } from "./json.js";

// The numbers of the host's commands.
const [deny, validationError, userMetadata, appMetadata, userId] = [0, 1, 2, 3, 4];

// The api of each entry. The host's table of triggers is in package host. They are made
// before the snapshot, in which making one would be a fifth of a small run. So each run
// begins with its own, which its action may change as it likes.
const apis = {
  onExecutePostUserRegistration: { cache: ownCache() },
  onExecutePreUserRegistration: preUserRegistration(),
};

// entries are the exports that Usher calls.
export const entries = Object.keys(apis);

// apiOf returns the api for a handler of entry.
export function apiOf(entry) {
  return apis[entry];
}

// ownCache is the cache of one api.
function ownCache() {
  const { get, set, delete: remove } = cache;
  return { get, set, delete: remove };
}

function preUserRegistration() {
  const api = {
    access: {
      deny: (reason, userMessage) => give(deny, { reason: words(reason), user_message: words(userMessage) }, "deny access"),
    },
    user: {
      setAppMetadata: (key, value) => give(appMetadata, metadata(key, value), "set app metadata"),
      setUserMetadata: (key, value) => give(userMetadata, metadata(key, value), "set user metadata"),
      setUserId(user_id) {
        check("Invalid setUserId arguments", { user_id }, 255, 1, "^[a-zA-Z0-9@._+-]{1,255}$");
        return give(userId, { user_id }, "set the user id");
      },
    },
    cache: ownCache(),
    validation: {
      error(errorCode, errorMessage) {
        check("Failed to add validation error", { errorCode, errorMessage }, 100);
        return give(validationError, { code: errorCode, message: errorMessage }, "add validation error");
      },
    },
  };
  const give = (number, request, doing) => {
    const failed = native.command(number, stringify(request));
    if (failed !== undefined && failed !== null) throw refused(JSON.parse(failed), doing);
    return api;
  };
  return api;
}

function refused({ code, message }, doing) {
  const error = new Error(`Failed to ${doing}: ${message}`);
  error.code = code;
  return error;
}

// metadata takes a value as it is now: what the action changes in it later does not
// count. A value that JSON has no form for removes the key, as null does.
function metadata(key, value) {
  const text = stringify(value);
  return { key: `${key}`, value: text === undefined ? null : JSON.parse(text) };
}

// words returns what a deny says: whatever its arguments are, it must not be lost.
function words(value) {
  if (typeof value === "string") return value;
  if (value === undefined || value === null) return "";
  try {
    const said = String(value);
    return said === "[object Object]" ? stringify(value) : said;
  } catch {
    return "";
  }
}

// check throws Auth0's error unless each field is a string of so many characters and
// fits the pattern.
function check(doing, fields, most, least = 0, pattern = "") {
  const missing = [];
  const wrong = [];
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    const problems = [];
    if (value === undefined) missing.push(`must have required property '${name}'`);
    else if (typeof value !== "string") problems.push("must be string");
    else {
      const chars = characters(value);
      if (chars > most) problems.push(`must NOT have more than ${most} characters`);
      if (chars < least) problems.push(`must NOT have fewer than ${least} characters`);
      if (pattern && !new RegExp(pattern, "u").test(value)) problems.push(`must match pattern "${pattern}"`);
    }
    if (problems.length > 0) wrong.push(`${name} ${problems.join(", ")}`);
  }
  if (missing.length > 0) wrong.unshift(` ${missing.join(", ")}`);
  if (wrong.length > 0) throw new Error(`${doing}: ${wrong.join("; ")}`);
}

// characters counts code points.
function characters(text) {
  let n = text.length;
  for (let i = 1; i < text.length; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xdc00 && (text.charCodeAt(i - 1) & 0xfc00) === 0xd800) n--;
  }
  return n;
}
