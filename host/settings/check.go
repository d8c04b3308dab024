package settings

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/v2"

	"github.com/usherhost/usher/host"
)

func decodeConfig(k *koanf.Koanf, sources map[string]string) (Config, error) {
	values := k.Raw()
	var cfg Config
	for _, key := range slices.Sorted(maps.Keys(values)) { // one by one, so that an error can name its source
		if err := decodeKey(&cfg, key, values[key]); err != nil {
			return Config{}, invalid("'usher config schema' tells what each key takes", "%s (from %s): %v", key, sources[key], err)
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

func checkRange(cfg *Config, key string) error {
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
			return fmt.Errorf("must be at least %v", Size(minMemory))
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

// invalid is the error of a configuration that can't be followed.
func invalid(hint, format string, args ...any) error {
	return &host.Error{Code: host.Invalid, Text: fmt.Sprintf(format, args...), Hint: hint}
}
