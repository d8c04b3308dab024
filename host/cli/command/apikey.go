package command

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/client"
	"github.com/usherhost/usher/host/durable"
	"github.com/usherhost/usher/host/internal/text"
	"github.com/usherhost/usher/host/profiles"
	"github.com/usherhost/usher/host/settings"
)

// apiKey is the key that a command sends, and where it is from.
type apiKey struct {
	secret  string // "" when there is none
	source  string // for errors
	profile string // that has it, or whose data directory has it
	file    string // that has it, in a data directory
}

// apiKey returns the key for the host that the command calls: the one that is given,
// that of the host's profile, or the one that the first start of a host wrote to the
// data directory.
func (env *Env) apiKey() (apiKey, error) {
	cfg := env.Config
	if cfg.APIKey != "" {
		return apiKey{secret: cfg.APIKey, source: cfg.Source("api_key")}, nil
	}
	name, p := env.InUse()
	if name == "" {
		name = env.profileOfURL()
		p = env.set.Profiles[name]
	}
	if p.Key != "" {
		return apiKey{secret: p.Key, source: env.namedProfile(name), profile: name}, nil
	}
	data := cfg.Data
	switch {
	case p.Data != "":
		data = p.Data
	case name != "" && cfg.Level("data") <= settings.Profile:
		return apiKey{profile: name}, nil // the data directory in this folder is another host's
	}
	key := apiKey{profile: name, file: filepath.Join(data, settings.AdminKeyFile)}
	if p.Gone() {
		return key, env.gone(name, p)
	}
	content, err := os.ReadFile(key.file)
	switch {
	case err == nil:
		key.secret, key.source = strings.TrimSpace(string(content)), key.file
		return key, nil
	case errors.Is(err, fs.ErrNotExist):
		return key, nil // the host answers 401, and Explain says where keys were looked for
	case errors.Is(err, fs.ErrPermission):
		return key, &host.Error{Code: host.Unauthorized, Text: "no permission to read " + key.file, Hint: "run as the host's user, or give a key with --key, USHER_API_KEY or 'usher login " + cfg.URL + "'"}
	default:
		return key, fmt.Errorf("read the API key: %w", err)
	}
}

// KeySource says where the key is that the commands send, "" when there is none.
func (env *Env) KeySource() (string, error) {
	key, err := env.apiKey()
	return key.source, err
}

// profileOfURL returns the profile of the URL that is given without one. Of several,
// it is the one with the data directory that the command uses, or the current one.
func (env *Env) profileOfURL() string {
	same := env.sameURL()
	here := slices.DeleteFunc(slices.Clone(same), func(name string) bool { return env.set.Profiles[name].Data != dataDir(env.Config) })
	switch {
	case len(here) > 0:
		return here[0]
	case env.Config.Level("data") > settings.Profile:
		return ""
	case slices.Contains(same, env.set.Current):
		return env.set.Current
	case len(same) != 1:
		return ""
	default:
		return same[0]
	}
}

// sameURL returns the names of the profiles for the URL that the command calls.
func (env *Env) sameURL() []string {
	return env.set.Where(func(p profiles.Profile) bool { return p.URL == env.Config.URL && !p.Gone() })
}

func (env *Env) namedProfile(name string) string {
	return "the profile " + name + " (" + env.Profiles.Path + ")"
}

// gone is the error of a profile whose data directory is not there.
func (env *Env) gone(name string, p profiles.Profile) error {
	return &host.Error{
		Code: host.Unauthorized,
		Text: fmt.Sprintf("the key of profile %q was in %s, a data directory that was moved or deleted", name, p.Data),
		Hint: "if it was moved, 'usher serve --data DIR' brings the profile up to date; otherwise choose another ('usher profiles list'), or remove it: usher profiles rm " + text.ShellQuote(name),
	}
}

// Explain adds to the answer of a host that refused the key which key that was, or
// where it was looked for.
func (env *Env) Explain(err error) error {
	p, refused := errors.AsType[*client.Problem](err)
	if !refused || host.CodeOf(err) != host.Unauthorized {
		return err
	}
	key, failed := env.apiKey()
	if failed != nil {
		return err
	}
	if key.secret != "" {
		return &host.Error{
			Code: host.Unauthorized, Text: fmt.Sprintf("%s refused the API key from %s: %s", env.Config.URL, key.source, p.Error()),
			Hint: p.Hint,
		}
	}
	return &host.Error{
		Code: host.Unauthorized, Text: fmt.Sprintf("there is no API key for %s; it was looked for in:\n%s", env.Config.URL, strings.Join(env.places(key), "\n")),
		Hint: "'usher login " + env.Config.URL + "' asks for a key and stores it; on the host's machine, 'usher keys create' makes one",
	}
}

// places lists where a key was looked for, each with what is there.
func (env *Env) places(key apiKey) []string {
	places := []string{"  --key: not given", "  USHER_API_KEY: not set"}
	file := "  " + settings.DefaultConfigFile + " in this folder, or --config: has no api_key"
	if env.Config.File() == "" {
		file = "  " + settings.DefaultConfigFile + " in this folder, or --config: there is none"
	}
	places = append(places, file)
	switch name, p := env.InUse(); {
	case env.Profiles.Path == "":
		places = append(places, "  profiles: this user has no configuration directory")
	case name != "" && p.Data != "":
		places = append(places, fmt.Sprintf("  %s: its key is in the data directory", env.namedProfile(name)))
	case len(env.sameURL()) > 1:
		places = append(places, "  profiles in "+env.Profiles.Path+": several are for this URL; choose with --profile: "+strings.Join(env.sameURL(), ", "))
	case len(env.set.Profiles) == 0:
		places = append(places, "  profiles in "+env.Profiles.Path+": there are none")
	default:
		places = append(places, "  profiles in "+env.Profiles.Path+": none is for this URL; there are "+strings.Join(env.set.Names(), ", "))
	}
	if key.file == "" {
		return places
	}
	if shown, err := filepath.Abs(key.file); err == nil {
		key.file = shown
	}
	return append(places, "  "+key.file+" (--data): does not exist")
}

// ReplaceKey replaces the stored key that the commands use, in the profile or in the
// data directory, and returns where it is. It returns "" when the key is not stored, but
// given.
func (env *Env) ReplaceKey(secret string) (where string, err error) {
	key, err := env.apiKey()
	switch {
	case err != nil:
		return "", err
	case key.file != "":
		return key.file, durable.Replace(key.file, []byte(secret+"\n"), 0o600)
	case key.profile != "":
		return key.source, env.Profiles.Change(func(s *profiles.Set) error {
			p := s.Profiles[key.profile]
			p.Key = secret
			s.Profiles[key.profile] = p
			return nil
		})
	}
	return "", nil
}
