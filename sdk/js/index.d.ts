// The types of Usher's actions. In TypeScript:
//
//   import type { PostUserRegistrationHandler } from "usher-actions";
//   export const onExecutePostUserRegistration: PostUserRegistrationHandler = async (event, api) => {};
//
// and in JavaScript:
//
//   /** @type {import("usher-actions").PostUserRegistrationHandler} */
//   exports.onExecutePostUserRegistration = async (event, api) => {};
//
// PreUserRegistrationHandler is the same for onExecutePreUserRegistration.
export * from "./types/post-user-registration.js";
export type {
  PreUserRegistrationAPI,
  PreUserRegistrationEvent,
  PreUserRegistrationHandler,
} from "./types/pre-user-registration.js";
