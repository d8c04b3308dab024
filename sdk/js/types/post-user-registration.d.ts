// Code generated from usher/v1/event.proto by schemagen. DO NOT EDIT.

// The event of the trigger "post-user-registration", and what an action of it is
// handed.
//
// A field with a question mark may be missing. One without is there by
// contract; the host itself insists on user.user_id only.

declare global {
  /** What one action has: `usher types` adds the names of its secrets and of its configuration. */
  namespace Usher {
    /** The secrets that the action declares: in action.yaml, or in its .env. */
    interface Secrets {}
    /** The configuration of the action: settings.config in action.yaml. */
    interface Configuration {}
  }
}

/**
 * A user was created, and registration is over. Nothing that an action does
 * changes its outcome.
 */
export interface PostUserRegistrationEvent {
  /** Supplemental signals about how likely the registration is an attack. */
  authentication?: Authentication;
  /** The connection with which the user registered. */
  connection: Connection;
  /** The custom domain that was used. Missing when none was. */
  custom_domain?: CustomDomain;
  /**
   * The experiment that the registration was part of. Null when it was part of
   * none.
   */
  experiment?: Experiment | null;
  /**
   * The request that led to the registration. Missing when none did, as with a
   * user whom an administrator created.
   */
  request?: Request;
  /**
   * The action's secrets by name. The host sets them: what a sender puts here
   * never reaches an action.
   */
  secrets: Usher.Secrets;
  /**
   * The action's configuration by name. The host sets it: what a sender puts
   * here never reaches an action.
   */
  configuration: Usher.Configuration;
  /** Fingerprints of the connection over which the request came. */
  security_context?: SecurityContext | null;
  /** The tenant to which the user belongs. */
  tenant: Tenant;
  /** The login transaction that the registration is part of. */
  transaction?: Transaction;
  /** The user who was created. */
  user: User;
}

/** Supplemental signals about a request. */
export interface Authentication {
  /** How risky the request looks. */
  riskAssessment?: RiskAssessment;
}

/** How risky a request looks. */
export interface RiskAssessment {
  /** What others than the sender found. */
  supplemental?: Supplemental;
}

/** What others than the sender found about a request. */
export interface Supplemental {
  /** What Akamai Account Protector found, when its headers are forwarded. */
  akamai?: Akamai;
}

/** What Akamai Account Protector found about a request. */
export interface Akamai {
  /** Whether a bot sent it. */
  akamaiBot?: AkamaiBot;
  /** How likely it is not the user who sent it. */
  akamaiUserRisk?: AkamaiUserRisk;
}

/** What Akamai found about the bot that may have sent a request. */
export interface AkamaiBot {
  /** The kind of bot. */
  type?: string;
  /** What was done about it. */
  action?: string;
  /** The categories of bot. */
  botCategory?: string[];
  /** How likely it is a bot. */
  botScore?: number;
  /** The range of scores that it falls in. */
  botScoreResponseSegment?: string;
  /** The id of the bot's network. */
  botnetId?: string;
}

/** What Akamai found about the user whom a request claims to come from. */
export interface AkamaiUserRisk {
  /** What was done about it. */
  action?: string;
  /** Whether the user is on an allow list. */
  allow?: number;
  /** The domain of the email address. */
  emailDomain?: string;
  /** General findings. */
  general?: { [key: string]: any };
  /** The user's id at the origin. */
  ouid?: string;
  /** The id of the request. */
  requestid?: string;
  /** Findings that speak against the user. */
  risk?: { [key: string]: any };
  /** How likely it is another person. */
  score?: number;
  /** The status of the assessment. */
  status?: number;
  /** Findings that speak for the user. */
  trust?: { [key: string]: any };
  /** The user name. */
  username?: string;
  /** The id of the assessment. */
  uuid?: string;
}

/** The connection with which a user registered. */
export interface Connection {
  /** The connection's id, e.g. "con_fpe5kj482KO1eOzQ". */
  id: string;
  /** What the tenant noted on the connection. */
  metadata?: { [key: string]: string };
  /** The connection's name, e.g. "Username-Password-Authentication". */
  name: string;
  /**
   * How users prove who they are: "auth0" for a database, "email" or "sms" for
   * a connection without passwords.
   */
  strategy: "auth0" | "email" | "sms" | (string & {});
}

/** A custom domain. */
export interface CustomDomain {
  /** The domain, e.g. "login.example.com". */
  domain: string;
  /** What the tenant noted on the domain. */
  domain_metadata: { [key: string]: string };
}

/** An experiment that a registration was part of. */
export interface Experiment {
  /** The experiment's id. */
  experiment_id: string;
  /** The id of the variation that was chosen. */
  variation_id: string;
  /** The variation's name. */
  variation_name?: string;
  /** What the variation is about. */
  variation_description?: string;
  /** The variation's parameters by name. */
  config: { [key: string]: Parameter };
  /** Whether the variation is the control. */
  is_control: boolean;
}

/** A parameter of a variation. */
export interface Parameter {
  /** The parameter's value, of any type. */
  value: any;
}

/** A request by which a user registered. */
export interface Request {
  /** Where the request came from, by its address. */
  geoip: GeoIp;
  /** The host name that was asked: the tenant's own or a custom domain. */
  hostname?: string;
  /** The address that the request came from. */
  ip: string;
  /** The language of the browser, e.g. "en". */
  language?: string;
  /** The HTTP method, e.g. "POST". */
  method: string;
  /** The User-Agent header. */
  user_agent?: string;
}

/** Where a request came from, worked out from its address. */
export interface GeoIp {
  /** The city, e.g. "Bellevue". */
  cityName?: string;
  /** The continent, e.g. "NA". */
  continentCode?: string;
  /** The country in two letters (ISO 3166-1), e.g. "US". */
  countryCode?: string;
  /** The country in three letters (ISO 3166-1), e.g. "USA". */
  countryCode3?: string;
  /** The country, e.g. "United States of America". */
  countryName?: string;
  /** The latitude in degrees. */
  latitude?: number;
  /** The longitude in degrees. */
  longitude?: number;
  /** The state or province by its code (ISO 3166-2), e.g. "WA". */
  subdivisionCode?: string;
  /** The state or province, e.g. "Washington". */
  subdivisionName?: string;
  /** The time zone, e.g. "America/Los_Angeles". */
  timeZone?: string;
}

/** Fingerprints of the connection over which a request came. */
export interface SecurityContext {
  /** The JA3 fingerprint of the TLS handshake. */
  ja3?: string;
  /** The JA4 fingerprint of the TLS handshake. */
  ja4?: string;
}

/** A tenant. */
export interface Tenant {
  /** The tenant's name. */
  id: string;
}

/** The login transaction that a registration is part of. */
export interface Transaction {
  /** The authentication context classes that were asked for. */
  acr_values: string[];
  /** The locale that was worked out for the user, e.g. "en". */
  locale: string;
  /** The user name that the application suggested. */
  login_hint?: string;
  /** The prompts that the application asked for, e.g. "none". */
  prompt?: string[];
  /** The protocol of the login. */
  protocol?: "oidc-basic-profile" | "oidc-ciba" | "oidc-ciba-web-link" | "oidc-hybrid-profile" | "oidc-implicit-profile" | "oauth2-access-token" | "oauth2-device-code" | "oauth2-password" | "oauth2-refresh-token" | "oauth2-resource-owner" | "oauth2-resource-owner-jwt-bearer" | "oauth2-token-exchange" | "oauth2-webauthn" | "samlp" | "wsfed" | "wstrust-usernamemixed" | (string & {});
  /** The address to which the user is sent afterwards. */
  redirect_uri?: string;
  /** The scopes that the application asked for. */
  requested_scopes: string[];
  /** How the answer is handed to the application. */
  response_mode?: "query" | "fragment" | "form_post" | "web_message" | (string & {});
  /** What the application asked for. */
  response_type?: ("code" | "token" | "id_token" | (string & {}))[];
  /** The application's state parameter. */
  state?: string;
  /** The locales in which the user may be addressed, best first. */
  ui_locales: string[];
  /** Ties together what belongs to one transaction. */
  correlation_id?: string;
  /** The transaction's id. */
  id?: string;
}

/** A user who was created. */
export interface User {
  /**
   * The user's id with the prefix of its provider, e.g.
   * "auth0|5f7c8ec7c33c6c004bbafe82".
   */
  user_id: string;
  /** The user's email address. Missing for one who registered by telephone. */
  email?: string;
  /** Whether the email address was verified. */
  email_verified: boolean;
  /** When the user was created, in ISO 8601. */
  created_at: string;
  /** When the user was last changed, in ISO 8601. */
  updated_at: string;
  /** What applications keep about the user, and the user can't change. */
  app_metadata: { [key: string]: any };
  /** What applications keep about the user, and the user can change. */
  user_metadata: { [key: string]: any };
  /** The user name. */
  username?: string;
  /** The full name. */
  name?: string;
  /** The nickname. */
  nickname?: string;
  /** The given name. */
  given_name?: string;
  /** The family name. */
  family_name?: string;
  /** The address of the user's picture. */
  picture?: string;
  /** The telephone number, e.g. "+12065550123". */
  phone_number?: string;
  /** Whether the telephone number was verified. */
  phone_verified?: boolean;
  /**
   * When the password was last reset, in ISO 8601. A user who was just created
   * has none.
   */
  last_password_reset?: string;
  /** The tenant's name, as some senders still write it here. */
  tenant?: string;
  /** The telephone number under its old name. Read phone_number first. */
  phoneNumber?: string;
}

/** The event of the trigger, under a short name. */
export type Event = PostUserRegistrationEvent;

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

/**
 * Keeps values for a while. All actions of the trigger share them. A value is
 * there for the rest of the run; whether a later run finds it is not promised.
 */
export interface CacheAPI {
  /** Returns the record of a key, or undefined when there is none. */
  get(key: string): CacheRecord | undefined;
  /**
   * Stores a value. The key has at most 64 bytes, the value 4096. It never
   * throws: look at the result's type.
   */
  set(key: string, value: string, options?: CacheSetOptions): CacheWriteResult;
  /** Removes a key. It never throws: look at the result's type. */
  delete(key: string): CacheDeleteResult;
}

/** A value in the cache. */
export interface CacheRecord {
  /** The value. */
  value: string;
  /** When it expires, in milliseconds since 1970. */
  expires_at: number;
}

/**
 * How long a value is kept. With both the earlier holds, with neither it is 15
 * minutes.
 */
export interface CacheSetOptions {
  /** How long it is kept, in milliseconds. */
  ttl?: number;
  /** When it expires, in milliseconds since 1970. */
  expires_at?: number;
}

/** The result of a set. */
export type CacheWriteResult =
  | { type: "success"; record: CacheRecord }
  | { type: "error"; code: CacheWriteErrorCode };

/** The result of a delete. */
export type CacheDeleteResult =
  | { type: "success" }
  | { type: "error"; code: CacheWriteErrorCode };

/** Why a set or a delete failed. */
export type CacheWriteErrorCode =
  | "MaxSideEffectsExceeded"
  | "CacheKeySizeExceeded"
  | "CacheValueSizeExceeded"
  | "CacheSizeExceeded"
  | "ItemAlreadyExpired"
  | "InvalidExpiry"
  | "FailedToSetCacheRecord"
  | "FailedToDeleteCacheRecord"
  | "CacheKeyDoesNotExist";
