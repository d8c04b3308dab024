import { JSON } from "json-as";
import { ask } from "./run";

// @ts-ignore: decorator
@external("usher:host/v1", "access_deny") declare function accessDeny(request: u64): u64;
// @ts-ignore: decorator
@external("usher:host/v1", "validation_error") declare function validationError(request: u64): u64;
// @ts-ignore: decorator
@external("usher:host/v1", "user_metadata_set") declare function userMetadataSet(request: u64): u64;
// @ts-ignore: decorator
@external("usher:host/v1", "app_metadata_set") declare function appMetadataSet(request: u64): u64;
// @ts-ignore: decorator
@external("usher:host/v1", "user_id_set") declare function userIdSet(request: u64): u64;

// The functions below are for a trigger that decides, such as pre-user-registration.
// Each gives the host a command, which counts from the call on; none ends the run.

/** Why the host did not take a command. */
@json
export class CommandError {
  code: string = ""; // "trigger" (it does not decide), "invalid" or "limit"
  message: string = "";
}

@json
class Denial {
  reason: string = "";
  user_message: string = "";
}

@json
class Invalidity {
  code: string = "";
  message: string = "";
}

@json
class NewId {
  user_id: string = "";
}

/**
 * Refuses the registration. The reason is for the operator's log, the message for the
 * user; "" is the host's neutral message. The first deny of a flow counts. Returns
 * null, or the error.
 */
export function deny(reason: string, userMessage: string = ""): CommandError | null {
  return refused(ask(accessDeny, JSON.stringify<Denial>({ reason, user_message: userMessage })));
}

/** Refuses what the user entered, and the registration; up to 100 characters each. Returns null, or the error. */
export function invalid(code: string, message: string): CommandError | null {
  return refused(ask(validationError, JSON.stringify<Invalidity>({ code, message })));
}

/**
 * Sets a key of the new user's metadata to a JSON value; "null" removes the key. All
 * actions of a flow may set 32 KiB of each kind. Returns null, or the error.
 */
export function setUserMetadata(key: string, json: string): CommandError | null {
  return refused(ask(userMetadataSet, metadata(key, json)));
}

/** Does the same with the metadata that the user can't change. */
export function setAppMetadata(key: string, json: string): CommandError | null {
  return refused(ask(appMetadataSet, metadata(key, json)));
}

/** Sets the new user's id: 1 to 255 of a-z, A-Z, 0-9 and @._+-. Returns null, or the error. */
export function setUserId(id: string): CommandError | null {
  return refused(ask(userIdSet, JSON.stringify<NewId>({ user_id: id })));
}

function metadata(key: string, json: string): string {
  return '{"key":' + JSON.stringify<string>(key) + ',"value":' + json + "}";
}

function refused(answer: string | null): CommandError | null {
  return answer == null ? null : JSON.parse<CommandError>(answer);
}
