package ingress_test

// registration is a whole event, as an identity provider sends it: 1.5 KB, and
// with spaces that must be kept.
const registration = `{
  "connection": { "id": "con_fpe5kj482KO1eOzQ", "metadata": { "plan": "b2c" }, "name": "Username-Password-Authentication", "strategy": "auth0" },
  "custom_domain": { "domain": "login.example.com", "domain_metadata": { "environment": "production" } },
  "request": {
    "geoip": { "cityName": "Bellevue", "continentCode": "NA", "countryCode": "US", "countryName": "United States of America",
               "latitude": 47.61793, "longitude": -122.19584, "timeZone": "America/Los_Angeles" },
    "hostname": "login.example.com", "ip": "13.33.86.47", "language": "en", "method": "POST", "user_agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/131.0"
  },
  "security_context": { "ja3": "c13a3e168d43e62e0ad96fae6347e2e4", "ja4": "t13d1516h2_8daaf6152771_02713d6af862" },
  "tenant": { "id": "acme-prod" },
  "transaction": {
    "acr_values": [], "correlation_id": "1234567890", "locale": "en", "login_hint": "j+smith@example.com", "prompt": ["none"],
    "protocol": "oidc-basic-profile", "redirect_uri": "https://app.example.com/callback", "requested_scopes": ["openid", "profile", "email"],
    "response_mode": "form_post", "response_type": ["code"], "state": "AABBccddEEFFGGTTasrs", "ui_locales": ["en"]
  },
  "user": {
    "app_metadata": {}, "created_at": "2026-11-21T20:10:11.123Z", "email": "j+smith@example.com", "email_verified": false,
    "family_name": "Smith", "given_name": "John", "name": "John Smith", "phone_number": "+12065550123",
    "picture": "https:\/\/s.gravatar.com/avatar/0?d=identicon", "updated_at": "2026-11-21T20:10:11.123Z",
    "user_id": "auth0|5f7c8ec7c33c6c004bbafe82", "user_metadata": { "first_name": "J\u00f6hn" }, "username": "j+smith"
  }
}`
