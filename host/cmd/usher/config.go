package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/providers/posflag"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	yamlv3 "go.yaml.in/yaml/v3"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/text"
)

// config is all that can be set by flag, environment and file. The names of
// its keys are those of [settings].
type config struct {
	URL            string         `koanf:"url"`
	APIKey         string         `koanf:"api_key"`
	Data           string         `koanf:"data"`
	Listen         string         `koanf:"listen"`
	PublicURL      string         `koanf:"public_url"`
	TLSCert        string         `koanf:"tls_cert"`
	TLSKey         string         `koanf:"tls_key"`
	TLSDev         bool           `koanf:"tls_dev"`
	TrustedProxies []netip.Prefix `koanf:"trusted_proxies"`
	AllowNetworks  []netip.Prefix `koanf:"allow_networks"`
	SourceEgress   string         `koanf:"source_egress"`
	Concurrency    int            `koanf:"concurrency"`
	LogLevel       string         `koanf:"log_level"`
	LogFormat      string         `koanf:"log_format"`
	DrainTimeout   time.Duration  `koanf:"drain_timeout"`
	DrainDelay     time.Duration  `koanf:"drain_delay"`
	RateLimit      float64        `koanf:"rate_limit"`
	RateBurst      int            `koanf:"rate_burst"`
	MaxEventBytes  int64          `koanf:"max_event_bytes"`
	MaxModuleBytes int            `koanf:"max_module_bytes"`
	MetricsKey     bool           `koanf:"metrics_key"`
	KeepDays       int            `koanf:"keep_days"`
	Memory         memorySize     `koanf:"memory"`
	SecretsKey     string         `koanf:"secrets_key"`
	SecretsKeyFile string         `koanf:"secrets_key_file"`

	values  map[string]any
	sources map[string]string // where each key's value comes from
	found   bool              // the configuration file was not named, but stood in the working directory
}

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

var settings = []setting{
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
	envPrefix         = "USHER_"
	envConfig         = "USHER_CONFIG"
	defaultConfigFile = "usher.yaml"
)

func settingNames() []string {
	names := make([]string, len(settings))
	for i, s := range settings {
		names[i] = s.key
	}
	return names
}

func settingOf(key string) (setting, bool) {
	i := slices.IndexFunc(settings, func(s setting) bool { return s.key == key })
	if i < 0 {
		return setting{}, false
	}
	return settings[i], true
}

// addGlobalFlags adds the flags that every command has.
func addGlobalFlags(root *cobra.Command) {
	flags := root.PersistentFlags()
	flags.Bool("json", false, "answer in JSON")
	flags.String("config", "", "configuration file (default: "+defaultConfigFile+" when it exists; also "+envConfig+")")
	addSettingFlags(flags, true)
}

// addServeFlags adds the flags of the settings that only the host has.
func addServeFlags(cmd *cobra.Command) { addSettingFlags(cmd.Flags(), false) }

// addOneServeFlag adds one of the host's flags to another command.
func addOneServeFlag(cmd *cobra.Command, name string) {
	for _, s := range settings {
		if s.flag == name {
			s.addFlag(cmd.Flags())
		}
	}
}

func addSettingFlags(flags *pflag.FlagSet, global bool) {
	for _, s := range settings {
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

// loadConfig lays flags over environment over file over defaults, and refuses
// keys that it does not know.
func loadConfig(flags *pflag.FlagSet, environ []string) (config, error) {
	k := koanf.New(".")
	sources := map[string]string{}
	for _, layer := range []func(*pflag.FlagSet, []string) (map[string]any, string, error){
		defaultLayer, fileLayer, envLayer, flagLayer,
	} {
		values, source, err := layer(flags, environ)
		if err != nil {
			return config{}, err
		}
		if err := k.Load(confmap.Provider(values, "."), nil); err != nil {
			return config{}, fmt.Errorf("read the configuration: %w", err)
		}
		for key := range values {
			sources[key] = sourceOf(source, key)
		}
	}
	cfg, err := decodeConfig(k, sources)
	cfg.found = namedConfig(flags, environ) == ""
	return cfg, err
}

func sourceOf(layer, key string) string {
	switch s, _ := settingOf(key); layer {
	case "environment":
		return envName(key)
	case "flag":
		return "--" + s.flag
	default:
		return layer
	}
}

func envName(key string) string { return envPrefix + strings.ToUpper(key) }

func defaultLayer(_ *pflag.FlagSet, environ []string) (map[string]any, string, error) {
	values := map[string]any{}
	for _, s := range settings {
		values[s.key] = s.initial
	}
	values["drain_delay"] = defaultDrainDelay(environ, isTerminal(os.Stderr))
	return values, "default", nil
}

func fileLayer(flags *pflag.FlagSet, environ []string) (map[string]any, string, error) {
	path, err := configFile(flags, environ)
	if err != nil || path == "" {
		return nil, "", err
	}
	if err := checkFileKeys(path); err != nil {
		return nil, "", err
	}
	k := koanf.New(".")
	if err := k.Load(file.Provider(path), yaml.Parser()); err != nil {
		return nil, "", usageError{err: fmt.Errorf("%s: %w", path, err)}
	}
	return k.Raw(), path, nil
}

// configFile returns the path of the configuration file, "" when there is
// none. One that was named must exist.
func configFile(flags *pflag.FlagSet, environ []string) (string, error) {
	named := namedConfig(flags, environ)
	path := cmp.Or(named, defaultConfigFile)
	_, err := os.Stat(path)
	if err == nil {
		return path, nil
	}
	if named == "" && errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return "", usageError{err: fmt.Errorf("configuration file: %w", err), hint: "name another with --config or " + envConfig}
}

func namedConfig(flags *pflag.FlagSet, environ []string) string {
	named, _ := flags.GetString("config")
	return cmp.Or(named, lookup(environ, envConfig))
}

func lookup(environ []string, name string) string {
	for _, pair := range environ {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	return ""
}

// checkFileKeys refuses keys that no setting has, with their line.
func checkFileKeys(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return usageError{err: fmt.Errorf("configuration file: %w", err)}
	}
	var doc yamlv3.Node
	if err := yamlv3.Unmarshal(data, &doc); err != nil {
		return usageError{err: fmt.Errorf("%s: %w", path, err)}
	}
	if len(doc.Content) == 0 {
		return nil
	}
	top := doc.Content[0]
	if top.Kind != yamlv3.MappingNode {
		return usageError{err: fmt.Errorf("%s: the file must hold keys and values", path), hint: "see 'usher config schema'"}
	}
	for i := 0; i < len(top.Content); i += 2 {
		key := top.Content[i]
		if _, ok := settingOf(key.Value); !ok {
			return usageError{
				err:  fmt.Errorf("%s:%d: unknown key %q", path, key.Line, key.Value),
				hint: didYouMean(key.Value, settingNames(), "'usher config schema' lists the keys"),
			}
		}
	}
	return nil
}

func envLayer(_ *pflag.FlagSet, environ []string) (map[string]any, string, error) {
	var unknown []string
	provider := env.Provider(".", env.Opt{
		Prefix:      envPrefix,
		EnvironFunc: func() []string { return environ },
		TransformFunc: func(name, value string) (string, any) {
			key := strings.ToLower(strings.TrimPrefix(name, envPrefix))
			s, ok := settingOf(key)
			if !ok && name != envConfig {
				unknown = append(unknown, name)
			}
			if !ok {
				return "", nil
			}
			if s.kind == "list" {
				return key, splitList(value)
			}
			return key, value
		},
	})
	values, err := provider.Read()
	if err != nil {
		return nil, "", fmt.Errorf("read the environment: %w", err)
	}
	if len(unknown) > 0 {
		return nil, "", unknownVariable(slices.Min(unknown))
	}
	return values, "environment", nil
}

func unknownVariable(name string) error {
	known := []string{envConfig}
	for _, s := range settings {
		known = append(known, envName(s.key))
	}
	hint := "'usher config schema' lists the keys; unset the variable if it is not meant for Usher"
	if near := nearest(strings.TrimPrefix(name, envPrefix), trimPrefixes(known)); near != "" {
		hint = text.DidYouMean(envPrefix + near)
	}
	return usageError{err: fmt.Errorf("unknown environment variable %s", name), hint: hint}
}

func trimPrefixes(names []string) []string {
	short := make([]string, len(names))
	for i, name := range names {
		short[i] = strings.TrimPrefix(name, envPrefix)
	}
	return short
}

func splitList(value string) []string {
	return strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
}

// flagLayer holds only the flags that were given.
func flagLayer(flags *pflag.FlagSet, _ []string) (map[string]any, string, error) {
	provider := posflag.ProviderWithFlag(flags, ".", nil, func(f *pflag.Flag) (string, any) {
		i := slices.IndexFunc(settings, func(s setting) bool { return s.flag == f.Name })
		if i < 0 || !f.Changed {
			return "", nil
		}
		return settings[i].key, posflag.FlagVal(flags, f)
	})
	values, err := provider.Read()
	if err != nil {
		return nil, "", fmt.Errorf("read the flags: %w", err)
	}
	return values, "flag", nil
}

func decodeConfig(k *koanf.Koanf, sources map[string]string) (config, error) {
	values := k.Raw()
	var cfg config
	for _, key := range slices.Sorted(maps.Keys(values)) { // one by one, so that an error can name its source
		if err := decodeKey(&cfg, key, values[key]); err != nil {
			return config{}, usageError{
				err:  fmt.Errorf("%s (from %s): %w", key, sources[key], err),
				hint: "'usher config schema' tells what each key takes",
			}
		}
	}
	cfg.values, cfg.sources = values, sources
	return cfg, nil
}

func decodeKey(cfg *config, key string, value any) error {
	s, _ := settingOf(key)
	if len(s.oneOf) > 0 && !slices.Contains(s.oneOf, fmt.Sprint(value)) {
		return fmt.Errorf("%q is not one of %s", fmt.Sprint(value), strings.Join(s.oneOf, ", "))
	}
	decoder, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{
		Result:           cfg,
		TagName:          "koanf",
		WeaklyTypedInput: true,
		DecodeHook: mapstructure.ComposeDecodeHookFunc(
			mapstructure.StringToTimeDurationHookFunc(), mapstructure.TextUnmarshallerHookFunc()),
	})
	if err != nil {
		return err
	}
	if err := decoder.Decode(map[string]any{key: value}); err != nil {
		return fmt.Errorf("%q is no %s", fmt.Sprint(value), kindName(s))
	}
	return checkRange(cfg, key)
}

func kindName(s setting) string {
	switch s.key {
	case "allow_networks", "trusted_proxies":
		return "list of networks such as 10.0.0.0/8"
	case "drain_timeout", "drain_delay":
		return "duration such as 20s"
	case "memory":
		return "size such as 512MiB or 4GiB"
	default:
		return s.kind
	}
}

func checkRange(cfg *config, key string) error {
	if min(float64(cfg.Concurrency), float64(cfg.KeepDays), float64(cfg.RateBurst), cfg.RateLimit, cfg.DrainTimeout.Seconds(), cfg.DrainDelay.Seconds()) < 0 {
		return errors.New("must not be negative")
	}
	switch key {
	case "rate_limit":
		if math.IsNaN(cfg.RateLimit) || math.IsInf(cfg.RateLimit, 0) {
			return errors.New("must be a number of events")
		}
	case "memory":
		if cfg.Memory != 0 && cfg.Memory < minMemory {
			return fmt.Errorf("must be at least %v", memorySize(minMemory))
		}
	case "max_event_bytes":
		if cfg.MaxEventBytes < 1 || cfg.MaxEventBytes > 64<<20 {
			return errors.New("must be between 1 and 67108864")
		}
	case "max_module_bytes":
		if cfg.MaxModuleBytes < 1 || cfg.MaxModuleBytes > host.MaxModuleBytes {
			return fmt.Errorf("must be between 1 and %d", host.MaxModuleBytes)
		}
	}
	return nil
}
