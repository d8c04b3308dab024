// Package profiles stores which hosts a user's command line knows, and how it gets
// their keys: one file in the user's configuration directory. It leaves to package
// command which profile a command line uses.
package profiles

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"
	"go.yaml.in/yaml/v3"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/durable"
	"github.com/usherhost/usher/host/files"
	"github.com/usherhost/usher/host/internal/text"
)

// Profile is one host. It has a key, or the data directory of a host on this
// machine, whose key file has it, or neither.
type Profile struct {
	URL  string `json:"url" yaml:"url"`
	Key  string `json:"key,omitempty" yaml:"key,omitempty"`
	Data string `json:"data,omitempty" yaml:"data,omitempty"` // an absolute path
}

// Set is all profiles of a user.
type Set struct {
	Current  string             `json:"current,omitempty" yaml:"current,omitempty"` // "" for none
	Profiles map[string]Profile `json:"profiles,omitempty" yaml:"profiles,omitempty"`
}

// Names returns the names of the profiles, sorted.
func (s Set) Names() []string { return slices.Sorted(maps.Keys(s.Profiles)) }

// Find returns the profile of a name. [host.NotFound] when there is none.
func (s Set) Find(name string) (Profile, error) {
	if p, found := s.Profiles[name]; found {
		return p, nil
	}
	hint := "there are none: 'usher login URL' makes one, and so does 'usher serve'"
	if names := s.Names(); len(names) > 0 {
		hint = "the profiles are " + strings.Join(names, ", ")
		if near := text.Nearest(name, names, max(len(name)/2, 2)); len(near) > 0 {
			hint = text.DidYouMean(near[0])
		}
	}
	return Profile{}, &host.Error{Code: host.NotFound, Text: fmt.Sprintf("there is no profile %q", name), Hint: hint}
}

// Where returns the names of the profiles that match, sorted.
func (s Set) Where(match func(Profile) bool) []string {
	return slices.DeleteFunc(s.Names(), func(name string) bool { return !match(s.Profiles[name]) })
}

// Gone reports whether the data directory that a profile has its key from was moved
// or deleted.
func (p Profile) Gone() bool {
	if p.Data == "" {
		return false
	}
	_, err := os.Stat(p.Data)
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

var validName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// CheckName checks the name of a new profile.
func CheckName(name string) error {
	if validName.MatchString(name) {
		return nil
	}
	return &host.Error{
		Code: host.Invalid, Text: fmt.Sprintf("%q can't be the name of a profile", name),
		Hint: "a name has letters, digits, '.', '_' and '-', begins with a letter or a digit, and has 64 characters at most",
	}
}

// File is the file of a user's profiles; its zero value is that of a user without a
// configuration directory, which is empty and can't be changed.
type File struct{ Path string }

// FileName is the file's name in the configuration directory.
const FileName = "profiles.yaml"

// Of returns the file that an environment leads to: in $XDG_CONFIG_HOME/usher, or
// in .config/usher in the home directory when it exists.
func Of(environ []string) File {
	dir := lookup(environ, "XDG_CONFIG_HOME")
	if !filepath.IsAbs(dir) { // the XDG specification says to ignore those
		home := lookup(environ, "HOME")
		if info, err := os.Stat(home); !filepath.IsAbs(home) || err != nil || !info.IsDir() {
			return File{}
		}
		dir = filepath.Join(home, ".config")
	}
	return File{Path: filepath.Join(dir, "usher", FileName)}
}

func lookup(environ []string, name string) string {
	for _, pair := range environ {
		if value, found := strings.CutPrefix(pair, name+"="); found {
			return value
		}
	}
	return ""
}

// maxBytes is how large the file may be.
const maxBytes = 1 << 20

// Read returns the profiles; none when there is no file. A file that others can
// read, or that is not valid, is an error.
func (f File) Read() (Set, error) {
	if f.Path == "" {
		return Set{}, nil
	}
	info, err := os.Stat(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return Set{}, nil
	}
	if err != nil {
		return Set{}, fmt.Errorf("read the profiles: %w", err)
	}
	if err := checkMode(info, f.Path); err != nil {
		return Set{}, err
	}
	data, err := files.Read(f.Path, maxBytes)
	if err != nil {
		return Set{}, fmt.Errorf("read the profiles: %w", err)
	}
	var s Set
	_, err = files.Strict(f.Path, data, &s)
	return s, err
}

// patience is how long a change waits for that of another process.
const patience = 5 * time.Second

// Change reads the profiles, lets change change them, and writes them unless it
// returned an error. No other process changes them meanwhile.
func (f File) Change(change func(*Set) error) error {
	if f.Path == "" {
		return &host.Error{
			Code: host.Refused, Text: "this user has no directory for profiles",
			Hint: "set HOME to a directory that exists, or XDG_CONFIG_HOME to an absolute path",
		}
	}
	if err := durable.MkdirAll(filepath.Dir(f.Path), 0o700); err != nil {
		return fmt.Errorf("write the profiles: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	lock := flock.New(f.Path+".lock", flock.SetPermissions(0o600))
	if _, err := lock.TryLockContext(ctx, 20*time.Millisecond); err != nil {
		return fmt.Errorf("wait for another process that changes %s: %w", f.Path, err)
	}
	defer func() { _ = lock.Close() }()
	set, err := f.Read()
	if err != nil {
		return err
	}
	if set.Profiles == nil {
		set.Profiles = map[string]Profile{}
	}
	if err := change(&set); err != nil {
		return err
	}
	return f.write(set)
}

const head = "# Written by usher: see 'usher profiles --help'. It may hold API keys: only its user may read it.\n"

func (f File) write(set Set) error {
	data, err := yaml.Marshal(set)
	if err != nil {
		return fmt.Errorf("write the profiles: %w", err)
	}
	if err := durable.Replace(f.Path, append([]byte(head), data...), 0o600); err != nil {
		return fmt.Errorf("write the profiles: %w", err)
	}
	return nil
}

// taken is the error of a name that another host's profile has.
func taken(name string, p Profile) error {
	return &host.Error{
		Code: host.Conflict, Text: fmt.Sprintf("the profile %q is that of another host, %s", name, p.URL),
		Hint: "choose another name with --profile, or remove that one: usher profiles rm " + name,
	}
}

// Add makes a profile and makes it the current one. One of the same name is replaced
// when it has the same URL, and a [host.Conflict] otherwise.
func (f File) Add(name string, p Profile) (was string, err error) {
	if err := CheckName(name); err != nil {
		return "", err
	}
	err = f.Change(func(s *Set) error {
		if old, found := s.Profiles[name]; found && old.URL != p.URL {
			return taken(name, old)
		}
		was, s.Current, s.Profiles[name] = s.Current, name, p
		return nil
	})
	return was, err
}

// Use makes a profile the current one.
func (f File) Use(name string) (p Profile, err error) {
	err = f.Change(func(s *Set) error {
		p, err = s.Find(name)
		s.Current = name
		return err
	})
	return p, err
}

// Remove removes a profile. No other becomes the current one in its place.
func (f File) Remove(name string) error {
	return f.Change(func(s *Set) error {
		if _, err := s.Find(name); err != nil {
			return err
		}
		delete(s.Profiles, name)
		if s.Current == name {
			s.Current = ""
		}
		return nil
	})
}
