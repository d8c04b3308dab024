package profiles

import (
	"path/filepath"
	"strconv"
)

// Recorded is what [File.RecordHost] did.
type Recorded struct {
	Name    string
	New     bool   // the profile was made
	Current string // the current profile, afterwards
	Was     string // the current profile, before
}

// RecordHost makes or changes the profile of a host that starts on a data directory,
// an absolute path, and serves at url. A name that is asked for must be free, or be
// the profile's already; without one the profile is called local, or as the folder of
// the data directory. It becomes the current one when there is none, and in place of
// one that the command line can't reach any more: its data directory is gone, or
// another host's, at the address that this one has now.
func (f File) RecordHost(data, url, asked string) (done Recorded, err error) {
	err = f.Change(func(s *Set) error {
		done = Recorded{Was: s.Current}
		name, err := s.nameFor(data, asked)
		if err != nil {
			return err
		}
		_, known := s.Profiles[name]
		old := s.Where(func(p Profile) bool { return p.Data == data })
		for _, other := range old {
			delete(s.Profiles, other) // it is called otherwise now
			if s.Current == other {
				s.Current = name
			}
		}
		current, found := s.Profiles[s.Current]
		s.Profiles[name] = Profile{URL: url, Data: data}
		if !found && s.Current != name || current.Gone() || current.Data != "" && current.URL == url {
			s.Current = name
		}
		done.Name, done.Current, done.New = name, s.Current, !known && len(old) == 0
		return nil
	})
	return done, err
}

// nameFor returns the name of a data directory's profile.
func (s Set) nameFor(data, asked string) (string, error) {
	free := func(name string) bool {
		p, taken := s.Profiles[name]
		return validName.MatchString(name) && (!taken || p.Data == data || p.Gone())
	}
	if asked != "" {
		if err := CheckName(asked); err != nil {
			return "", err
		}
		if !free(asked) {
			return "", taken(asked, s.Profiles[asked])
		}
		return asked, nil
	}
	if had := s.Where(func(p Profile) bool { return p.Data == data }); len(had) > 0 {
		return had[0], nil
	}
	for _, name := range []string{"local", filepath.Base(filepath.Dir(data)), filepath.Base(data)} {
		if free(name) {
			return name, nil
		}
	}
	for n := 2; ; n++ {
		if name := "local-" + strconv.Itoa(n); free(name) {
			return name, nil
		}
	}
}
