package usher

import "encoding/json"

// PostUserRegistrationEvent describes a user who was created. Times are ISO 8601
// text. Free-form values keep their JSON. Fields that this type does not know
// are left out; an author who needs one gives [Handle] a type of their own.
type PostUserRegistrationEvent struct {
	Authentication  *Authentication   `json:"authentication,omitempty"`
	Configuration   map[string]string `json:"configuration,omitempty"`
	Connection      Connection        `json:"connection"`
	CustomDomain    *CustomDomain     `json:"custom_domain,omitempty"`
	Experiment      *Experiment       `json:"experiment,omitempty"`
	Request         *EventRequest     `json:"request,omitempty"` // nil when no end user's request created the user
	Secrets         map[string]string `json:"secrets,omitempty"`
	SecurityContext *SecurityContext  `json:"security_context,omitempty"`
	Tenant          Tenant            `json:"tenant"`
	Transaction     *Transaction      `json:"transaction,omitempty"`
	User            User              `json:"user"`
}

// User is who was created. Optional text that the sender left out is "".
type User struct {
	ID                string                     `json:"user_id"`
	Email             string                     `json:"email,omitempty"` // "" for one who registered by phone
	EmailVerified     bool                       `json:"email_verified"`
	Username          string                     `json:"username,omitempty"`
	Name              string                     `json:"name,omitempty"`
	Nickname          string                     `json:"nickname,omitempty"`
	GivenName         string                     `json:"given_name,omitempty"`
	FamilyName        string                     `json:"family_name,omitempty"`
	Picture           string                     `json:"picture,omitempty"`
	PhoneNumber       string                     `json:"phone_number,omitempty"`
	PhoneVerified     bool                       `json:"phone_verified,omitempty"`
	LastPasswordReset string                     `json:"last_password_reset,omitempty"`
	CreatedAt         string                     `json:"created_at"`
	UpdatedAt         string                     `json:"updated_at"`
	AppMetadata       map[string]json.RawMessage `json:"app_metadata"`
	UserMetadata      map[string]json.RawMessage `json:"user_metadata"`
}

// Connection is what the user registered with.
type Connection struct {
	ID       string            `json:"id"`
	Name     string            `json:"name"`
	Strategy string            `json:"strategy"` // such as "auth0", "email" or "sms"
	Metadata map[string]string `json:"metadata,omitempty"`
}

// Tenant is whose user it is.
type Tenant struct {
	ID string `json:"id"`
}

// CustomDomain is the domain on which the user registered.
type CustomDomain struct {
	Domain         string            `json:"domain"`
	DomainMetadata map[string]string `json:"domain_metadata"`
}

// EventRequest is the request that created the user.
type EventRequest struct {
	GeoIP     GeoIP  `json:"geoip"`
	Hostname  string `json:"hostname,omitempty"`
	IP        string `json:"ip"`
	Language  string `json:"language,omitempty"`
	Method    string `json:"method"`
	UserAgent string `json:"user_agent,omitempty"`
}

// GeoIP is where a request came from, as far as its address shows.
type GeoIP struct {
	CityName        string  `json:"cityName,omitempty"`
	ContinentCode   string  `json:"continentCode,omitempty"`
	CountryCode     string  `json:"countryCode,omitempty"`
	CountryCode3    string  `json:"countryCode3,omitempty"`
	CountryName     string  `json:"countryName,omitempty"`
	Latitude        float64 `json:"latitude,omitempty"`
	Longitude       float64 `json:"longitude,omitempty"`
	SubdivisionCode string  `json:"subdivisionCode,omitempty"`
	SubdivisionName string  `json:"subdivisionName,omitempty"`
	TimeZone        string  `json:"timeZone,omitempty"`
}

// Transaction is the login in which the user registered.
type Transaction struct {
	ID              string   `json:"id,omitempty"`
	CorrelationID   string   `json:"correlation_id,omitempty"`
	ACRValues       []string `json:"acr_values"`
	Locale          string   `json:"locale"`
	LoginHint       string   `json:"login_hint,omitempty"`
	Prompt          []string `json:"prompt,omitempty"`
	Protocol        string   `json:"protocol,omitempty"`
	RedirectURI     string   `json:"redirect_uri,omitempty"`
	RequestedScopes []string `json:"requested_scopes"`
	ResponseMode    string   `json:"response_mode,omitempty"`
	ResponseType    []string `json:"response_type,omitempty"`
	State           string   `json:"state,omitempty"`
	UILocales       []string `json:"ui_locales"`
}

// SecurityContext holds fingerprints of the TLS client.
type SecurityContext struct {
	JA3 string `json:"ja3,omitempty"`
	JA4 string `json:"ja4,omitempty"`
}

// Experiment is the variation that the user was shown.
type Experiment struct {
	ID                   string          `json:"experiment_id"`
	VariationID          string          `json:"variation_id"`
	VariationName        string          `json:"variation_name,omitempty"`
	VariationDescription string          `json:"variation_description,omitempty"`
	IsControl            bool            `json:"is_control"`
	Config               json.RawMessage `json:"config,omitempty"`
}

// Authentication holds signals of third parties about the request.
type Authentication struct {
	RiskAssessment json.RawMessage `json:"riskAssessment,omitempty"`
}

// PreUserRegistrationEvent describes a user who wants to register and does not exist
// yet. It follows the rules of [PostUserRegistrationEvent].
type PreUserRegistrationEvent struct {
	AnonymousSession json.RawMessage     `json:"anonymous_session,omitempty"` // the visitor's, before the registration
	Authentication   *Authentication     `json:"authentication,omitempty"`
	Client           *Client             `json:"client,omitempty"` // nil when the sender names none
	Configuration    map[string]string   `json:"configuration,omitempty"`
	Connection       Connection          `json:"connection"`
	CustomDomain     *CustomDomain       `json:"custom_domain,omitempty"`
	Experiment       *Experiment         `json:"experiment,omitempty"`
	Request          RegistrationRequest `json:"request"`
	Secrets          map[string]string   `json:"secrets,omitempty"`
	SecurityContext  *SecurityContext    `json:"security_context,omitempty"`
	Tenant           Tenant              `json:"tenant"`
	Transaction      *Transaction        `json:"transaction,omitempty"`
	User             NewUser             `json:"user"`
}

// NewUser is who wants to register. Optional text that the sender left out is "".
type NewUser struct {
	Email        string                     `json:"email,omitempty"` // "" for one who registers by phone
	Username     string                     `json:"username,omitempty"`
	Name         string                     `json:"name,omitempty"`
	Nickname     string                     `json:"nickname,omitempty"`
	GivenName    string                     `json:"given_name,omitempty"`
	FamilyName   string                     `json:"family_name,omitempty"`
	Picture      string                     `json:"picture,omitempty"`
	PhoneNumber  string                     `json:"phone_number,omitempty"`
	AppMetadata  map[string]json.RawMessage `json:"app_metadata,omitempty"`
	UserMetadata map[string]json.RawMessage `json:"user_metadata,omitempty"`
}

// Client is the application with which the user registers.
type Client struct {
	ID       string            `json:"client_id"`
	Name     string            `json:"name"`
	Metadata map[string]string `json:"metadata,omitempty"`
}

// RegistrationRequest is the request with which the user registers.
type RegistrationRequest struct {
	EventRequest
	Body map[string]json.RawMessage `json:"body"` // the form's fields, without passwords
}
