package command

import (
	"cmp"
	"path/filepath"

	"github.com/usherhost/usher/host/profiles"
	"github.com/usherhost/usher/host/settings"
)

// How a command line finds its host. A setting counts in this order: its flag, its
// variable, the configuration file, the profile, its default. A profile that
// --profile names counts as a flag, and one that USHER_PROFILE names as a variable;
// a setting's own flag or variable counts before it. Without either it is the profile
// of the data directory that is named, and otherwise the current one, unless a URL
// or a data directory is given: then the user means another host.

// useProfile sets the URL and the data directory that come from a profile.
func (env *Env) useProfile(flag, variable string) (err error) {
	if env.set, err = env.Profiles.Read(); err != nil {
		return err
	}
	name, level := cmp.Or(flag, variable), settings.InEnvironment
	switch {
	case flag != "":
		level = settings.InFlag
	case variable == "":
		name, level = env.impliedProfile(), settings.Profile
	}
	if name == "" {
		return nil
	}
	p, err := env.set.Find(name)
	if err != nil {
		return err
	}
	source := "profile " + name
	if env.Config.Level("url") < level {
		if env.Config, err = env.Config.With("url", p.URL, level, source); err != nil {
			return err
		}
		env.profile = name
	}
	if p.Data != "" && env.Config.Level("data") < level {
		env.Config, err = env.Config.With("data", p.Data, level, source)
	}
	return err
}

// impliedProfile returns the name of the profile that no flag and no variable names.
func (env *Env) impliedProfile() string {
	if env.Config.Level("url") > settings.Default {
		return ""
	}
	if env.Config.Level("data") > settings.Default {
		if same := env.set.Where(func(p profiles.Profile) bool { return p.Data == dataDir(env.Config) }); len(same) > 0 {
			return same[0]
		}
		return ""
	}
	return env.set.Current
}

// dataDir is the data directory's absolute path, as profiles have it.
func dataDir(cfg settings.Config) string {
	dir, err := filepath.Abs(cfg.Data)
	if err != nil {
		return ""
	}
	return dir
}

// InUse returns the profile whose URL this command line uses, "" when it is not from
// a profile.
func (env *Env) InUse() (string, profiles.Profile) { return env.profile, env.set.Profiles[env.profile] }
