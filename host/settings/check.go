package settings

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/v2"

	"github.com/usherhost/usher/host"
)

func decodeConfig(k *koanf.Koanf, sources map[string]string) (Config, error) {
	values := k.Raw()
	var cfg Config
	for _, key := range slices.Sorted(maps.Keys(values)) { // one by one, so that an error can name its source
		if err := decodeKey(&cfg, key, values[key]); err != nil {
			return Config{}, invalid("'usher config schema' lists what each key takes", "%s (from %s): %v", key, sources[key], err)
		}
	}
	cfg.values, cfg.sources = values, sources
	return cfg, nil
}

func decodeKey(cfg *Config, key string, value any) error {
	s, _ := settingOf(key)
	if len(s.oneOf) > 0 && !slices.Contains(s.oneOf, fmt.Sprint(value)) {
		return fmt.Errorf("%q is not one of %s", fmt.Sprint(value), strings.Join(s.oneOf, ", "))
	}
	decoder, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{
		Result:           s.field(cfg),
		WeaklyTypedInput: true,
		DecodeHook: mapstructure.ComposeDecodeHookFunc(
			mapstructure.StringToTimeDurationHookFunc(), mapstructure.TextUnmarshallerHookFunc()),
	})
	if err != nil {
		return err
	}
	if err := decoder.Decode(value); err != nil {
		return fmt.Errorf("%q is not %s", fmt.Sprint(value), s.describe())
	}
	if s.check != nil {
		return s.check(cfg)
	}
	return nil
}

// describe says what a value is, for errors.
func (s setting) describe() string {
	switch {
	case s.takes != "":
		return s.takes
	case s.schemaType() == "integer":
		return "an integer"
	default:
		return "a " + s.schemaType()
	}
}

// notNegative checks a number that may be 0.
func notNegative[T int | time.Duration](value func(*Config) T) func(*Config) error {
	return func(c *Config) error {
		if value(c) < 0 {
			return errors.New("must not be negative")
		}
		return nil
	}
}

// between checks a number from 1 to most.
func between[T int | int64](value func(*Config) T, most T) func(*Config) error {
	return func(c *Config) error {
		if value(c) < 1 || value(c) > most {
			return fmt.Errorf("must be between 1 and %d", most)
		}
		return nil
	}
}

func checkRate(c *Config) error {
	switch {
	case math.IsNaN(c.RateLimit) || math.IsInf(c.RateLimit, 0):
		return errors.New("must be a number of events")
	case c.RateLimit < 0:
		return errors.New("must not be negative")
	}
	return nil
}

func checkShare(c *Config) error {
	if !(c.Oracle >= 0 && c.Oracle <= 1) { // nor NaN
		return errors.New("must be a share from 0 to 1")
	}
	return nil
}

func checkMemory(c *Config) error {
	if c.Memory != 0 && c.Memory < minMemory {
		return fmt.Errorf("must be at least %v", Size(minMemory))
	}
	return nil
}

// invalid is the error of an invalid configuration.
func invalid(hint, format string, args ...any) error {
	return &host.Error{Code: host.Invalid, Text: fmt.Sprintf(format, args...), Hint: hint}
}

// checkRegistry does not repeat the value, which may have a password.
func checkRegistry(c *Config) error {
	if c.NPMRegistry == "" {
		return nil
	}
	if u, err := url.Parse(c.NPMRegistry); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("must be the address of an npm registry, such as https://npm.example.com")
	}
	return nil
}
