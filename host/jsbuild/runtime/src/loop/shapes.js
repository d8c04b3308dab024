// Objects with the keys of an event, in the order in which Auth0 writes them.
// The engine makes an object property by property, and each step is cheap when
// another object has stood there: these have stood at every one.

const keys = [
  "event execution",
  "id attempt timeout_ms",
  "connection custom_domain request tenant transaction user secrets",
  "authentication configuration connection custom_domain experiment request secrets security_context tenant transaction user",
  "id metadata name strategy",
  "domain domain_metadata",
  "geoip hostname ip language method user_agent",
  "cityName continentCode countryCode countryCode3 countryName latitude longitude subdivisionCode subdivisionName timeZone",
  "ja3 ja4",
  "acr_values locale login_hint prompt protocol redirect_uri requested_scopes response_mode response_type state ui_locales",
  "acr_values correlation_id locale login_hint prompt protocol redirect_uri requested_scopes response_mode response_type state ui_locales",
  "app_metadata created_at email email_verified family_name given_name last_password_reset name nickname phone_number phone_verified picture updated_at user_id user_metadata username",
];

// stepsOf returns an object for each number of keys.
function stepsOf(names) {
  return names.map((_, i) => Object.fromEntries(names.slice(0, i + 1).map((name) => [name, null])));
}

export const shapes = keys.map((line) => stepsOf(line.split(" ")));
