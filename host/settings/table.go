package settings

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/proto"
)

// setting is one row of the table: flags, environment variables, keys of the file,
// `usher config` and the checks come from it.
type setting struct {
	key     string
	field   func(*Config) any // pointer to the field that has the value
	initial any               // its type is that of the flag and of the JSON Schema
	about   string
	takes   string   // what a value is, for errors; "" goes by the type of initial
	oneOf   []string // the only values
	check   func(*Config) error
	secret  bool
	flag    string // "" for none
	global  bool   // every command has the flag; otherwise only serve has it
}

var table = []setting{
	{
		key: "url", field: func(c *Config) any { return &c.URL }, initial: "http://127.0.0.1:8080", flag: "url", global: true,
		check: checkURL, about: "address at which the commands call the host",
	},
	{
		key: "api_key", field: func(c *Config) any { return &c.APIKey }, initial: "", secret: true, flag: "key", global: true,
		about: "API key of the commands (default: that of the profile, or <data>/admin.key)",
	},
	{
		key: "first_key", field: func(c *Config) any { return &c.FirstKey }, initial: "", secret: true, check: checkFirstKey,
		about: "API key with every scope that the host stores the hash of when no key may manage, for hosts that a tool sets up (default: the first start makes one, in <data>/admin.key)",
	},
	{
		key: "data", field: func(c *Config) any { return &c.Data }, initial: "usher-data", flag: "data", global: true,
		about: "data directory of the host",
	},
	{
		key: "listen", field: func(c *Config) any { return &c.Listen }, initial: "127.0.0.1:8080", flag: "listen",
		about: "address that serve listens on",
	},
	{
		key: "public_url", field: func(c *Config) any { return &c.PublicURL }, initial: "", flag: "public-url",
		about: "URL at which Auth0's tools reach the host behind a proxy that changes the Host header, such as https://usher.example.com",
	},
	{
		key: "tls_cert", field: func(c *Config) any { return &c.TLSCert }, initial: "", flag: "tls-cert",
		about: "certificate (PEM, with its chain) to serve HTTPS with; reloaded when it changes",
	},
	{
		key: "tls_key", field: func(c *Config) any { return &c.TLSKey }, initial: "", flag: "tls-key",
		about: "private key of --tls-cert (PEM)",
	},
	{
		key: "tls_dev", field: func(c *Config) any { return &c.TLSDev }, initial: false, flag: "tls-dev",
		about: "serve HTTPS with a development certificate, created in <data>/tls",
	},
	{
		key: "trusted_proxies", field: func(c *Config) any { return &c.TrustedProxies }, initial: []string{}, takes: networks, flag: "trusted-proxy",
		about: "network (CIDR) of proxies whose X-Forwarded-For is trusted; repeatable",
	},
	{
		key: "allow_networks", field: func(c *Config) any { return &c.AllowNetworks }, initial: []string{}, takes: networks, flag: "allow-network",
		about: "network (CIDR) that is not public and that actions may reach; repeatable",
	},
	{
		key: "allow_proxies", field: func(c *Config) any { return &c.AllowProxies }, initial: []string{}, check: checkProxies, flag: "allow-proxy",
		about: "URL of a proxy that bindings may name; repeatable",
	},
	{
		key: "source_egress", field: func(c *Config) any { return &c.SourceEgress }, initial: "public", oneOf: []string{"public", "allowlist"}, flag: "source-egress",
		about: "egress mode of actions that the host builds from source, unless their bindings set one",
	},
	{
		key: "concurrency", field: func(c *Config) any { return &c.Concurrency }, initial: 0, check: notNegative(func(c *Config) int { return c.Concurrency }), flag: "concurrency",
		about: "how many executions run at once (0: 64); one action gets three quarters of them at most",
	},
	{
		key: "pre_user_registration_timeout", field: func(c *Config) any { return &c.PreUserRegistrationTimeout }, initial: "3s", takes: duration,
		check: notNegative(func(c *Config) time.Duration { return c.PreUserRegistrationTimeout }), flag: "pre-user-registration-timeout",
		about: "how long all actions of pre-user-registration may take together for one decision; a request may shorten it with Prefer: wait=N",
	},
	{
		key: "decision_concurrency", field: func(c *Config) any { return &c.DecisionConcurrency }, initial: 0,
		check: notNegative(func(c *Config) int { return c.DecisionConcurrency }), flag: "decision-concurrency",
		about: "how many decisions are under way at once (0: 64), apart from the executions in the background; two for each processor compute, others wait for them or for an answer",
	},
	{
		key: "password_keys", field: func(c *Config) any { return &c.PasswordKeys }, initial: proto.DefaultPasswordKeys, takes: "a list of words", flag: "password-key",
		about: "word by which a password in the request of a decision is recognized, to be dropped on arrival; repeatable",
	},
	{
		key: "log_level", field: func(c *Config) any { return &c.LogLevel }, initial: "info", oneOf: []string{"debug", "info", "warn", "error"}, flag: "log-level",
		about: "lowest level of the host's own log",
	},
	{
		key: "log_format", field: func(c *Config) any { return &c.LogFormat }, initial: "text", oneOf: []string{"text", "json"}, flag: "log-format",
		about: "format of the host's own log",
	},
	{
		key: "memory", field: func(c *Config) any { return &c.Memory }, initial: "", takes: "a size (example: 512MiB)", check: checkMemory, flag: "memory",
		about: "memory that the host may use, such as 512MiB or 4GiB; runs wait when there is not enough (default: three quarters of the control group's limit, or of the machine's memory)",
	},
	{
		key: "drain_timeout", field: func(c *Config) any { return &c.DrainTimeout }, initial: "20s", takes: duration,
		check: notNegative(func(c *Config) time.Duration { return c.DrainTimeout }), flag: "drain-timeout",
		about: "how long a stop waits for running actions",
	},
	{
		key: "drain_delay", field: func(c *Config) any { return &c.DrainDelay }, initial: "", takes: duration,
		check: notNegative(func(c *Config) time.Duration { return c.DrainDelay }), flag: "drain-delay",
		about: "how long a stop answers 503 at /readyz and still accepts events, so that load balancers notice (default: 5s under systemd or Kubernetes, otherwise 0s); a second signal ends it",
	},
	{
		key: "rate_limit", field: func(c *Config) any { return &c.RateLimit }, initial: 0.0, check: checkRate, flag: "rate-limit",
		about: "events per second that one API key may send (0: no limit)",
	},
	{
		key: "rate_burst", field: func(c *Config) any { return &c.RateBurst }, initial: 0, check: notNegative(func(c *Config) int { return c.RateBurst }), flag: "rate-burst",
		about: "events that may come at once above the rate (0: as many as in one second)",
	},
	{
		key: "max_event_bytes", field: func(c *Config) any { return &c.MaxEventBytes }, initial: 256 << 10,
		check: between(func(c *Config) int64 { return c.MaxEventBytes }, 64<<20), flag: "max-event-bytes",
		about: "size of the largest event",
	},
	{
		key: "max_module_bytes", field: func(c *Config) any { return &c.MaxModuleBytes }, initial: host.DefaultModuleBytes,
		check: between(func(c *Config) int { return c.MaxModuleBytes }, host.MaxModuleBytes), flag: "max-module-bytes",
		about: "size of the largest module, at most 67108864 (64 MiB)",
	},
	{
		key: "npm_registry", field: func(c *Config) any { return &c.NPMRegistry }, initial: "", secret: true, check: checkRegistry, flag: "npm-registry",
		about: "npm registry for the packages of actions and, in a binary without it, of the JavaScript engine; user and password in it count for the engine (default: npm's own setting, and https://registry.npmjs.org)",
	},
	{
		key: "npm_folder", field: func(c *Config) any { return &c.NPMFolder }, initial: "", flag: "npm-folder",
		about: "folder with the packages of the JavaScript engine, which 'usher engine fetch' filled: nothing is fetched for it",
	},
	{
		key: "metrics_key", field: func(c *Config) any { return &c.MetricsKey }, initial: false, flag: "metrics-key",
		about: "require an API key with scope read at /metrics",
	},
	{
		key: "keep_days", field: func(c *Config) any { return &c.KeepDays }, initial: 0, check: notNegative(func(c *Config) int { return c.KeepDays }), flag: "keep-days",
		about: "days after which finished executions are deleted with their logs and tapes (0: never); dead letters stay",
	},
	{
		key: "keep_tapes_days", field: func(c *Config) any { return &c.KeepTapesDays }, initial: 0, check: notNegative(func(c *Config) int { return c.KeepTapesDays }), flag: "keep-tapes-days",
		about: "days after which the tapes of runs are deleted, also of dead letters (0: with their executions); a binding's tape_max_age may be less",
	},
	{
		key: "searchable_fields", field: func(c *Config) any { return &c.SearchableFields }, initial: []string{"user.email"}, takes: "a list of fields (example: user.email)",
		check: checkFields, flag: "searchable-field",
		about: "field of events by whose values executions are found, such as user.app_metadata.plan, or a JSON pointer; repeatable; 16 at most, each slows accepting down a little",
	},
	{
		key: "oracle", field: func(c *Config) any { return &c.Oracle }, initial: 0.0, takes: "a share from 0 to 1", check: checkShare, flag: "oracle",
		about: "share of the runs that are replayed on a second engine in the background, such as 0.01 (0: none); a run that differs there is logged, and both tapes are stored in <data>/oracle",
	},
	{
		key: "secrets_key", field: func(c *Config) any { return &c.SecretsKey }, initial: "", secret: true,
		about: "key that encrypts the secrets, in base64 (default: a file)",
	},
	{
		key: "secrets_key_file", field: func(c *Config) any { return &c.SecretsKeyFile }, initial: "", flag: "secrets-key-file",
		about: "file with the key that encrypts the secrets (default: <data>/secrets.key)",
	},
}

// What values are, for errors.
const (
	networks = "a list of networks (example: 10.0.0.0/8)"
	duration = "a duration (example: 20s)"
)

// Where settings are looked for.
const (
	EnvPrefix         = "USHER_"
	EnvConfig         = "USHER_CONFIG"
	EnvProfile        = "USHER_PROFILE"
	DefaultConfigFile = "usher.yaml"
)

// Keys returns the keys of all settings.
func Keys() []string {
	names := make([]string, len(table))
	for i, s := range table {
		names[i] = s.key
	}
	return names
}

func settingOf(key string) (setting, bool) {
	i := slices.IndexFunc(table, func(s setting) bool { return s.key == key })
	if i < 0 {
		return setting{}, false
	}
	return table[i], true
}

// AddGlobalFlags adds the flags that every command has.
func AddGlobalFlags(flags *pflag.FlagSet) {
	flags.String("config", "", "configuration file (default: "+DefaultConfigFile+" when it exists; also "+EnvConfig+")")
	flags.String(FlagProfile, "", "profile of the host to call (default: the current one, see 'usher profiles'; also "+EnvProfile+")")
	addSettingFlags(flags, true)
}

// FlagProfile is the flag that names a profile.
const FlagProfile = "profile"

// AddServeFlags adds the flags of the settings that only the host has.
func AddServeFlags(flags *pflag.FlagSet) { addSettingFlags(flags, false) }

// AddFlag adds one of the host's flags to another command.
func AddFlag(flags *pflag.FlagSet, name string) {
	for _, s := range table {
		if s.flag == name {
			s.addFlag(flags)
		}
	}
}

func addSettingFlags(flags *pflag.FlagSet, global bool) {
	for _, s := range table {
		if s.flag != "" && s.global == global {
			s.addFlag(flags)
		}
	}
}

func (s setting) addFlag(flags *pflag.FlagSet) {
	about := s.about
	if len(s.oneOf) > 0 {
		about += ": " + strings.Join(s.oneOf, ", ")
	}
	switch initial := s.initial.(type) {
	case string:
		flags.String(s.flag, initial, about)
	case []string:
		flags.StringSlice(s.flag, initial, about)
	case int:
		flags.Int(s.flag, initial, about)
	case float64:
		flags.Float64(s.flag, initial, about)
	case bool:
		flags.Bool(s.flag, initial, about)
	}
}

// Value is one line of `usher config print`.
type Value struct {
	Key    string `json:"key"`
	Value  any    `json:"value"`
	Source string `json:"source"`
}

// Values returns every setting; keys are hidden.
func (c Config) Values() []Value {
	values := make([]Value, len(table))
	for i, s := range table {
		values[i] = Value{s.key, redacted(s, c.values[s.key]), c.sources[s.key]}
	}
	return values
}

func redacted(s setting, value any) any {
	if s.secret && value != "" {
		return "(hidden)"
	}
	return value
}

// Schema returns the JSON Schema of the configuration file.
func Schema() map[string]any {
	properties := map[string]any{}
	for _, s := range table {
		p := map[string]any{"type": s.schemaType(), "description": s.about + "; environment variable " + envName(s.key), "default": s.initial}
		if s.initial == "" {
			delete(p, "default") // there is no default, or the description has it
		}
		if s.isList() {
			p["items"] = map[string]any{"type": "string"}
		}
		if len(s.oneOf) > 0 {
			p["enum"] = s.oneOf
		}
		properties[s.key] = p
	}
	return map[string]any{
		"$schema":              "https://json-schema.org/draft/2020-12/schema",
		"title":                "Usher configuration",
		"type":                 "object",
		"additionalProperties": false,
		"properties":           properties,
	}
}

// schemaType returns the JSON Schema type of the setting's values.
func (s setting) schemaType() string {
	switch s.initial.(type) {
	case []string:
		return "array"
	case int:
		return "integer"
	case float64:
		return "number"
	case bool:
		return "boolean"
	default:
		return "string"
	}
}

func (s setting) isList() bool { return s.schemaType() == "array" }

// envName returns the environment variable of a key.
func envName(key string) string { return EnvPrefix + strings.ToUpper(key) }

func checkFields(c *Config) error {
	if len(c.SearchableFields) > host.MaxSearchableFields {
		return fmt.Errorf("must not have more than %d fields", host.MaxSearchableFields)
	}
	for _, path := range c.SearchableFields {
		if _, err := host.ParseFieldPath(path); err != nil {
			return err
		}
	}
	return nil
}

// checkFirstKey asks for what can't be guessed and fits into a header.
func checkFirstKey(c *Config) error {
	if n := len(c.FirstKey); n > 0 && (n < minFirstKey || n > maxFirstKey) {
		return fmt.Errorf("must have %d to %d characters; 'openssl rand -hex 32' makes one", minFirstKey, maxFirstKey)
	}
	if strings.ContainsFunc(c.FirstKey, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("must have visible ASCII characters alone")
	}
	return nil
}

// How long the operator's first key may be.
const (
	minFirstKey = 32
	maxFirstKey = 512
)

func checkProxies(c *Config) error {
	for _, entry := range c.AllowProxies {
		if _, problem := host.ParseProxy(entry); problem != "" {
			return fmt.Errorf("a URL of it %s", problem)
		}
	}
	return nil
}
