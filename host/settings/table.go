package settings

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/usherhost/usher/host"
)

// setting describes one key for the flags, the checks and the schema.
type setting struct {
	key     string
	kind    string // string, integer, number, boolean, duration, list
	initial any
	about   string
	oneOf   []string
	secret  bool
	flag    string // "" for none
	global  bool   // every command has the flag; otherwise only serve has it
}

var table = []setting{
	{key: "url", kind: "string", initial: "http://127.0.0.1:8080", about: "where the commands find the server", flag: "url", global: true},
	{key: "api_key", kind: "string", initial: "", about: "API key of the commands (default: <data>/admin.key)", secret: true, flag: "key", global: true},
	{key: "data", kind: "string", initial: "usher-data", about: "data directory of the host", flag: "data", global: true},
	{key: "listen", kind: "string", initial: "127.0.0.1:8080", about: "address that serve listens on", flag: "listen"},
	{key: "public_url", kind: "string", initial: "", about: "what Auth0's tools call the host, behind a proxy that changes the Host header, such as https://usher.example.com", flag: "public-url"},
	{key: "tls_cert", kind: "string", initial: "", about: "certificate (PEM, with its chain) to serve HTTPS with; read again when it changes", flag: "tls-cert"},
	{key: "tls_key", kind: "string", initial: "", about: "key of --tls-cert (PEM)", flag: "tls-key"},
	{key: "tls_dev", kind: "boolean", initial: false, about: "serve HTTPS with a certificate made for this machine, in <data>/tls", flag: "tls-dev"},
	{key: "trusted_proxies", kind: "list", initial: []string{}, about: "network (CIDR) of proxies whose X-Forwarded-For tells a client's address; repeatable", flag: "trusted-proxy"},
	{key: "allow_networks", kind: "list", initial: []string{}, about: "network (CIDR) that actions may reach although it is not public; repeatable", flag: "allow-network"},
	{key: "source_egress", kind: "string", initial: "public", about: "where actions that the host builds from source may send requests, unless their bindings say otherwise", oneOf: []string{"public", "allowlist"}, flag: "source-egress"},
	{key: "concurrency", kind: "integer", initial: 0, about: "how many executions run at once (0: 64); one action holds three quarters of them at most", flag: "concurrency"},
	{key: "log_level", kind: "string", initial: "info", about: "least level of the host's own log", oneOf: []string{"debug", "info", "warn", "error"}, flag: "log-level"},
	{key: "log_format", kind: "string", initial: "text", about: "form of the host's own log", oneOf: []string{"text", "json"}, flag: "log-format"},
	{key: "memory", kind: "string", initial: "", about: "memory that the host may use, such as 512MiB or 4GiB: runs wait where it is short (default: three quarters of what the control group or else the machine has)", flag: "memory"},
	{key: "drain_timeout", kind: "duration", initial: "20s", about: "how long a stop waits for running actions", flag: "drain-timeout"},
	{key: "drain_delay", kind: "duration", initial: "", about: "how long a stop first answers 503 at /readyz and still takes events, for balancers to notice (default 5s under systemd or Kubernetes, else 0s); a second signal cuts it short", flag: "drain-delay"},
	{key: "rate_limit", kind: "number", initial: 0.0, about: "events a second that one API key may post (0: no limit)", flag: "rate-limit"},
	{key: "rate_burst", kind: "integer", initial: 0, about: "events that may come at once on top of the rate (0: one second's worth)", flag: "rate-burst"},
	{key: "max_event_bytes", kind: "integer", initial: 256 << 10, about: "largest event", flag: "max-event-bytes"},
	{key: "max_module_bytes", kind: "integer", initial: host.DefaultModuleBytes, about: "largest module that is taken, 67108864 (64 MiB) at most", flag: "max-module-bytes"},
	{key: "metrics_key", kind: "boolean", initial: false, about: "ask for an API key with scope read at /metrics", flag: "metrics-key"},
	{key: "keep_days", kind: "integer", initial: 0, about: "days after which executions that ended are deleted, with logs and tapes (0: never); dead letters stay", flag: "keep-days"},
	{key: "secrets_key", kind: "string", initial: "", about: "key that encrypts the secrets, in base64 (default: a file)", secret: true},
	{key: "secrets_key_file", kind: "string", initial: "", about: "file with the key that encrypts the secrets (default: <data>/secrets.key)", flag: "secrets-key-file"},
}

const (
	EnvPrefix         = "USHER_"
	EnvConfig         = "USHER_CONFIG"
	DefaultConfigFile = "usher.yaml"
)

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
	addSettingFlags(flags, true)
}

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
		p := map[string]any{"type": s.kind, "description": s.about + "; environment " + envName(s.key), "default": s.initial}
		if s.initial == "" {
			delete(p, "default") // there is none, or the description says it
		}
		switch s.kind {
		case "duration":
			p["type"] = "string"
		case "list":
			p["type"], p["items"] = "array", map[string]any{"type": "string"}
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

func envName(key string) string { return EnvPrefix + strings.ToUpper(key) }
