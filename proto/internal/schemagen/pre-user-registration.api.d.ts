/**
 * What an action may do beside reading its event. Each method notes what is to
 * be done and returns the api; none stops the code that calls it.
 */
export interface PreUserRegistrationAPI {
  /** Denies the registration. */
  readonly access: AccessAPI;
  /** Sets what the new user is to have. */
  readonly user: UserAPI;
  /** Reports what is wrong with what the user entered. */
  readonly validation: ValidationAPI;
  /** Keeps values from one run to the next. */
  readonly cache: CacheAPI;
}

/** Denies the registration. */
export interface AccessAPI {
  /**
   * Denies the registration: once this action has ended, no further one runs.
   * The first deny counts, and it stands whatever happens after it.
   *
   * @param reason Why, for the operator; the user never sees it.
   * @param userMessage What the user reads. Without it, a sentence that gives
   * no reason.
   */
  deny(reason?: string, userMessage?: string): PreUserRegistrationAPI;
}

/** Reports what is wrong with what the user entered. */
export interface ValidationAPI {
  /**
   * Denies the registration, as access.deny does. It throws when an argument is
   * no string, or has more than 100 characters.
   *
   * @param errorCode A code of your own, for the operator.
   * @param errorMessage What the user reads.
   */
  error(errorCode: string, errorMessage: string): PreUserRegistrationAPI;
}

/**
 * Sets what the new user is to have. It counts once all actions have allowed the
 * registration: later actions see the event as it was sent.
 */
export interface UserAPI {
  /**
   * Sets a key of the user metadata; null removes it. It throws when all actions
   * together set more than 32 KiB, in JSON.
   */
  setUserMetadata(key: string, value: unknown): PreUserRegistrationAPI;
  /** Sets a key of the app metadata, as setUserMetadata does. */
  setAppMetadata(key: string, value: unknown): PreUserRegistrationAPI;
  /**
   * Sets the new user's id. It throws unless that has 1 to 255 of the characters
   * a-z, A-Z, 0-9 and @ . _ + -
   */
  setUserId(user_id: string): PreUserRegistrationAPI;
}

/** The function that an action exports as onExecutePreUserRegistration. */
export type PreUserRegistrationHandler = (
  event: Event,
  api: PreUserRegistrationAPI,
) => Promise<void>;
