import { JSON } from "json-as";
import { input } from "./memory";

/**
 * Describes a user who was created. Times are ISO 8601 text, free-form values
 * keep their JSON, optional text that the sender left out is "". Fields that
 * these types do not know are skipped.
 */
@json
export class PostUserRegistrationEvent {
  authentication: Authentication | null = null;
  configuration: JSON.Raw | null = null;
  connection: Connection = new Connection();
  custom_domain: CustomDomain | null = null;
  experiment: Experiment | null = null;
  request: EventRequest | null = null; // null when no end user's request created the user
  secrets: Map<string, string> = new Map<string, string>();
  security_context: SecurityContext | null = null;
  tenant: Tenant = new Tenant();
  transaction: Transaction | null = null;
  user: User = new User();
}

/** Who was created. */
@json
export class User {
  user_id: string = "";
  email: string = ""; // "" for one who registered by phone
  email_verified: bool = false;
  username: string = "";
  name: string = "";
  nickname: string = "";
  given_name: string = "";
  family_name: string = "";
  picture: string = "";
  phone_number: string = "";
  phone_verified: bool = false;
  last_password_reset: string = "";
  created_at: string = "";
  updated_at: string = "";
  app_metadata: JSON.Raw | null = null;
  user_metadata: JSON.Raw | null = null;
}

/** What the user registered with. */
@json
export class Connection {
  id: string = "";
  name: string = "";
  strategy: string = ""; // such as "auth0", "email" or "sms"
  metadata: Map<string, string> = new Map<string, string>();
}

/** Whose user it is. */
@json
export class Tenant {
  id: string = "";
}

/** The domain on which the user registered. */
@json
export class CustomDomain {
  domain: string = "";
  domain_metadata: Map<string, string> = new Map<string, string>();
}

/** The request that created the user. */
@json
export class EventRequest {
  geoip: GeoIP = new GeoIP();
  hostname: string = "";
  ip: string = "";
  language: string = "";
  method: string = "";
  user_agent: string = "";
}

/** Where a request came from, as far as its address shows. */
@json
export class GeoIP {
  cityName: string = "";
  continentCode: string = "";
  countryCode: string = "";
  countryCode3: string = "";
  countryName: string = "";
  latitude: f64 = 0;
  longitude: f64 = 0;
  subdivisionCode: string = "";
  subdivisionName: string = "";
  timeZone: string = "";
}

/** The login in which the user registered. */
@json
export class Transaction {
  id: string = "";
  correlation_id: string = "";
  acr_values: string[] = [];
  locale: string = "";
  login_hint: string = "";
  prompt: string[] = [];
  protocol: string = "";
  redirect_uri: string = "";
  requested_scopes: string[] = [];
  response_mode: string = "";
  response_type: string[] = [];
  state: string = "";
  ui_locales: string[] = [];
}

/** Fingerprints of the TLS client. */
@json
export class SecurityContext {
  ja3: string = "";
  ja4: string = "";
}

/** The variation that the user was shown. */
@json
export class Experiment {
  experiment_id: string = "";
  variation_id: string = "";
  variation_name: string = "";
  variation_description: string = "";
  is_control: bool = false;
  config: JSON.Raw | null = null;
}

/** Signals of third parties about the request. */
@json
export class Authentication {
  riskAssessment: JSON.Raw | null = null;
}

/** Which run this is: a failed one runs again, with the next attempt, from 1. */
@json
export class Execution {
  id: string = "";
  action: string = "";
  version: i32 = 0;
  binding_id: string = "";
  attempt: i32 = 0;
}

/**
 * Describes a user who wants to register and does not exist yet, by the rules of
 * PostUserRegistrationEvent.
 */
@json
export class PreUserRegistrationEvent {
  anonymous_session: JSON.Raw | null = null; // the visitor's, before the registration
  authentication: Authentication | null = null;
  client: Client | null = null; // null when the sender names none
  configuration: JSON.Raw | null = null;
  connection: Connection = new Connection();
  custom_domain: CustomDomain | null = null;
  experiment: Experiment | null = null;
  request: RegistrationRequest = new RegistrationRequest();
  secrets: Map<string, string> = new Map<string, string>();
  security_context: SecurityContext | null = null;
  tenant: Tenant = new Tenant();
  transaction: Transaction | null = null;
  user: NewUser = new NewUser();
}

/** Who wants to register. */
@json
export class NewUser {
  email: string = ""; // "" for one who registers by phone
  username: string = "";
  name: string = "";
  nickname: string = "";
  given_name: string = "";
  family_name: string = "";
  picture: string = "";
  phone_number: string = "";
  app_metadata: JSON.Raw | null = null;
  user_metadata: JSON.Raw | null = null;
}

/** The application with which the user registers. */
@json
export class Client {
  client_id: string = "";
  name: string = "";
  metadata: Map<string, string> = new Map<string, string>();
}

/** The request with which the user registers. */
@json
export class RegistrationRequest extends EventRequest {
  body: JSON.Raw | null = null; // the form's fields, without passwords
}

/** What the host passes to a run. E is PostUserRegistrationEvent or a class of the author's own. */
@json
class Input<E> {
  event: E = instantiate<E>();
  execution: Execution = new Execution();
}

/** Returns the event. */
export function event(): PostUserRegistrationEvent {
  return JSON.parse<Input<PostUserRegistrationEvent>>(input()).event;
}

/** Returns which run this is. */
export function execution(): Execution {
  return JSON.parse<Input<PostUserRegistrationEvent>>(input()).execution;
}

/** Returns the event of a user who wants to register. */
export function registration(): PreUserRegistrationEvent {
  return JSON.parse<Input<PreUserRegistrationEvent>>(input()).event;
}
