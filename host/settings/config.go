// Package settings is the configuration of a host and of its command line: one
// table of settings, read from flags, environment variables and a file.
package settings

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/posflag"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"
	xterm "golang.org/x/term"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/files"
	"github.com/usherhost/usher/host/internal/text"
)

// Config is the value of every setting. The table of settings has their keys,
// flags, defaults and checks.
type Config struct {
	URL            string
	APIKey         string
	FirstKey       string
	Data           string
	Listen         string
	PublicURL      string
	TLSCert        string
	TLSKey         string
	TLSDev         bool
	TrustedProxies []netip.Prefix
	AllowNetworks  []netip.Prefix
	AllowProxies   []string
	SourceEgress   string
	Concurrency    int
	LogLevel       string
	LogFormat      string
	DrainTimeout   time.Duration
	DrainDelay     time.Duration
	RateLimit      float64
	RateBurst      int
	MaxEventBytes  int64
	MaxModuleBytes int
	NPMRegistry    string
	NPMFolder      string

	PreUserRegistrationTimeout time.Duration
	DecisionConcurrency        int
	PasswordKeys               []string

	MetricsKey       bool
	KeepDays         int
	KeepTapesDays    int
	SearchableFields []string
	Oracle           float64
	Memory           Size
	SecretsKey       string
	SecretsKeyFile   string

	values  map[string]any
	sources map[string]string // where each key's value comes from
	levels  map[string]Level
	file    string // the configuration file, "" for none
	found   bool   // the configuration file was not named, but found in the working directory
}

// Value returns a setting's value as its source gives it.
func (c Config) Value(key string) any { return c.values[key] }

// Source names where a setting's value comes from: "default", a variable, a flag
// or a file.
func (c Config) Source(key string) string { return c.sources[key] }

// Level says what a value comes from; a higher one counts before a lower one.
type Level int

// The levels. A profile stands between the defaults and the file, or where the flag
// or the variable stands that names it.
const (
	Default Level = iota
	Profile
	InFile
	InEnvironment
	InFlag
)

// Level returns what a setting's value comes from.
func (c Config) Level(key string) Level { return c.levels[key] }

// With returns the configuration with another value of a setting, and its source.
func (c Config) With(key string, value any, level Level, source string) (Config, error) {
	c.values, c.sources, c.levels = maps.Clone(c.values), maps.Clone(c.sources), maps.Clone(c.levels)
	if err := decodeKey(&c, key, value); err != nil {
		return c, invalid("", "%s (from %s): %v", key, source, err)
	}
	c.values[key], c.sources[key], c.levels[key] = value, source, level
	return c, nil
}

// File returns the path of the configuration file, "" when there is none.
func (c Config) File() string { return c.file }

// FromHere reports whether a setting's value comes from the configuration file in
// the working directory, which was not named.
func (c Config) FromHere(key string) bool { return c.found && c.sources[key] == DefaultConfigFile }

// Load lays flags over environment over file over defaults, and refuses
// keys that it does not know.
func Load(flags *pflag.FlagSet, environ []string) (Config, error) {
	k := koanf.New(".")
	sources, levels := map[string]string{}, map[string]Level{}
	for i, layer := range []func(*pflag.FlagSet, []string) (map[string]any, string, error){
		defaultLayer, fileLayer, envLayer, flagLayer,
	} {
		values, source, err := layer(flags, environ)
		if err != nil {
			return Config{}, err
		}
		if err := k.Load(confmap.Provider(values, "."), nil); err != nil {
			return Config{}, fmt.Errorf("read the configuration: %w", err)
		}
		for key := range values {
			sources[key], levels[key] = sourceOf(source, key), []Level{Default, InFile, InEnvironment, InFlag}[i]
		}
	}
	cfg, err := decodeConfig(k, sources)
	cfg.levels = levels
	cfg.file, _ = configFile(flags, environ)
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

func defaultLayer(_ *pflag.FlagSet, environ []string) (map[string]any, string, error) {
	values := map[string]any{}
	for _, s := range table {
		values[s.key] = s.initial
	}
	values["drain_delay"] = defaultDrainDelay(environ, xterm.IsTerminal(int(os.Stderr.Fd())))
	return values, "default", nil
}

func fileLayer(flags *pflag.FlagSet, environ []string) (map[string]any, string, error) {
	path, err := configFile(flags, environ)
	if err != nil || path == "" {
		return nil, "", err
	}
	values, err := readFile(path)
	return values, path, err
}

// configFile returns the path of the configuration file, "" when there is
// none. One that was named must exist.
func configFile(flags *pflag.FlagSet, environ []string) (string, error) {
	named := namedConfig(flags, environ)
	path := cmp.Or(named, DefaultConfigFile)
	_, err := os.Stat(path)
	if err == nil {
		return path, nil
	}
	if named == "" && errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return "", invalid("name another with --config or "+EnvConfig, "configuration file: %v", err)
}

func namedConfig(flags *pflag.FlagSet, environ []string) string {
	named, _ := flags.GetString("config")
	return cmp.Or(named, lookup(environ, EnvConfig))
}

func lookup(environ []string, name string) string {
	for _, pair := range environ {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	return ""
}

// readFile reads the configuration file, and refuses keys that no setting has.
func readFile(path string) (map[string]any, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, invalid("", "configuration file: %v", err)
	}
	values := map[string]any{}
	doc, err := files.Strict(path, data, &values)
	if err != nil {
		return nil, err
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if _, ok := settingOf(key); !ok {
			hint := cmp.Or(text.DidYouMean(nearest(key, Keys())...), "'usher config schema' lists the keys")
			return nil, doc.Wrong(host.Pointer(key), fmt.Sprintf("unknown key %q", key), hint)
		}
	}
	return values, nil
}

func envLayer(_ *pflag.FlagSet, environ []string) (map[string]any, string, error) {
	var unknown []string
	provider := env.Provider(".", env.Opt{
		Prefix:      EnvPrefix,
		EnvironFunc: func() []string { return environ },
		TransformFunc: func(name, value string) (string, any) {
			key := strings.ToLower(strings.TrimPrefix(name, EnvPrefix))
			s, ok := settingOf(key)
			if !ok && name != EnvConfig && name != EnvProfile {
				unknown = append(unknown, name)
			}
			if !ok {
				return "", nil
			}
			if initial, isString := s.initial.(string); value == "" && isString && initial != "" {
				return "", nil // an empty variable is none, where empty is no value
			}
			if s.isList() {
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
	known := []string{EnvConfig, EnvProfile}
	for _, s := range table {
		known = append(known, envName(s.key))
	}
	hint := "'usher config schema' lists the keys; unset the variable if it is not meant for Usher"
	for _, near := range nearest(strings.TrimPrefix(name, EnvPrefix), trimPrefixes(known)) {
		hint = text.DidYouMean(EnvPrefix + near)
	}
	return invalid(hint, "unknown environment variable %s", name)
}

// nearest returns the name that is nearest to word, or none.
func nearest(word string, names []string) []string {
	near := text.Nearest(word, names, max(len(word)/2, 2))
	return near[:min(len(near), 1)]
}

func trimPrefixes(names []string) []string {
	short := make([]string, len(names))
	for i, name := range names {
		short[i] = strings.TrimPrefix(name, EnvPrefix)
	}
	return short
}

func splitList(value string) []string {
	return strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
}

// flagLayer holds only the flags that were given.
func flagLayer(flags *pflag.FlagSet, _ []string) (map[string]any, string, error) {
	provider := posflag.ProviderWithFlag(flags, ".", nil, func(f *pflag.Flag) (string, any) {
		i := slices.IndexFunc(table, func(s setting) bool { return s.flag == f.Name })
		if i < 0 || !f.Changed {
			return "", nil
		}
		return table[i].key, posflag.FlagVal(flags, f)
	})
	values, err := provider.Read()
	if err != nil {
		return nil, "", fmt.Errorf("read the flags: %w", err)
	}
	return values, "flag", nil
}

// managedDrainDelay is how long a balancer may take to notice that the host is
// not ready any more.
const managedDrainDelay = "5s"

// managers are the variables by which a process knows that a service manager
// started it: systemd's two, and Kubernetes's.
var managers = []string{"NOTIFY_SOCKET", "INVOCATION_ID", "KUBERNETES_SERVICE_HOST"}

// defaultDrainDelay is that of a service manager where one is and no user
// watches: a terminal that a session manager started has its variables too.
func defaultDrainDelay(environ []string, terminal bool) string {
	for _, name := range managers {
		if !terminal && strings.TrimSpace(lookup(environ, name)) != "" {
			return managedDrainDelay
		}
	}
	return "0s"
}
