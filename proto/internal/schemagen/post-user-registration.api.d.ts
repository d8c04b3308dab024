/** What an action may do beside reading its event. */
export interface PostUserRegistrationAPI {
  /** Keeps values from one run to the next. */
  readonly cache: CacheAPI;
}

/** The function that an action exports as onExecutePostUserRegistration. */
export type PostUserRegistrationHandler = (
  event: Event,
  api: PostUserRegistrationAPI,
) => Promise<void>;
