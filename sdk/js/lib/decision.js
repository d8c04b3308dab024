// The api of a trigger that decides, the commands that an action gives by it, and the
// decision that they come to, with the rules of the host's.
const maxMetadataBytes = 32 * 1024; // of each kind, in JSON
const maxErrorChars = 100;
const userMessage = "You can't register at the moment.";

// decidingApi returns the api object of onExecutePreUserRegistration, but its cache.
// Its commands are added to commands.
export function decidingApi(commands) {
  const api = {
    access: {
      deny: (reason, message) => give({ type: "access.deny", reason: words(reason), user_message: words(message) }),
    },
    validation: {
      error(errorCode, errorMessage) {
        check("Failed to add validation error", { errorCode, errorMessage }, maxErrorChars);
        return give({ type: "validation.error", code: errorCode, message: errorMessage });
      },
    },
    user: {
      setUserMetadata: (key, value) => set("user", key, value),
      setAppMetadata: (key, value) => set("app", key, value),
      setUserId(user_id) {
        check("Invalid setUserId arguments", { user_id }, 255, /^[a-zA-Z0-9@._+-]+$/);
        return give({ type: "user.set_user_id", user_id });
      },
    },
  };
  const give = (command) => {
    commands.push(command);
    return api;
  };
  const set = (kind, key, value) => {
    const type = `user.set_${kind}_metadata`;
    const command = { type, key: `${key}`, value: JSON.parse(JSON.stringify(value) ?? "null") };
    if (bytes([...commands, command], type) > maxMetadataBytes) {
      throw Object.assign(new Error(`Failed to set ${kind} metadata: all of it may have ${maxMetadataBytes} bytes`), { code: "limit" });
    }
    return give(command);
  };
  return api;
}

// bytes counts the metadata of a kind: the last value of each key.
function bytes(commands, type) {
  const last = new Map(commands.filter((command) => command.type === type).map(({ key, value }) => [key, value]));
  let sum = 0;
  for (const [key, value] of last) sum += Buffer.byteLength(key) + Buffer.byteLength(JSON.stringify(value));
  return sum;
}

function words(value) {
  return typeof value === "string" ? value : String(value ?? "");
}

function check(doing, fields, most, pattern = /^/) {
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) throw new Error(`${doing}:  must have required property '${name}'`);
    if (typeof value !== "string") throw new Error(`${doing}: ${name} must be string`);
    if ([...value].length > most) throw new Error(`${doing}: ${name} must NOT have more than ${most} characters`);
    if (!pattern.test(value)) throw new Error(`${doing}: ${name} must match pattern "${pattern.source}"`);
  }
}

// decide returns the decision of a flow with this action alone, whose binding allows
// when it fails.
export function decide(commands, event, failed) {
  const denies = commands.filter(({ type }) => type === "access.deny");
  const validation_errors = commands.filter(({ type }) => type === "validation.error").map(({ code, message }) => ({ code, message }));
  if (denies.length + validation_errors.length > 0) {
    const [{ reason, user_message }] = [...denies, ...validation_errors.map(({ code, message }) => ({ reason: code, user_message: message }))];
    return { decision: "deny", reason: reason ?? "", user_message: user_message || userMessage, validation_errors, user_metadata: {}, app_metadata: {}, degraded: failed };
  }
  const counted = failed ? [] : commands;
  const id = counted.findLast(({ type }) => type === "user.set_user_id");
  return {
    decision: "allow",
    reason: "",
    user_message: "",
    validation_errors,
    user_metadata: merged(event.user?.user_metadata, counted, "user.set_user_metadata"),
    app_metadata: merged(event.user?.app_metadata, counted, "user.set_app_metadata"),
    ...(id && { user_id: id.user_id }),
    degraded: failed,
  };
}

function merged(before, commands, type) {
  const all = { ...before };
  for (const command of commands) {
    if (command.type !== type) continue;
    if (command.value === null) delete all[command.key];
    else all[command.key] = command.value;
  }
  return all;
}
