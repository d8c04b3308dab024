package author

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/desired"
	"github.com/usherhost/usher/host/settings"
)

// mayBuild asks before a build command runs that this user has not let run in
// this folder before: the folder may come from another person, and its command has
// all permissions of this user. Without a terminal, only --yes permits it.
func mayBuild(t term.Terminal, f *desired.File, consent buildConsent) error {
	remembered := consentFile(f.Dir, f.Build)
	if isFile(remembered) {
		return nil
	}
	if !consent.yes {
		t.Note("usher: the folder %s has its own build command, which runs with all your permissions:\n  %s", f.Dir, term.Under(f.Build))
		err := term.ErrNoTerminal
		if !consent.unattended {
			err = t.Ask("run it, now and later?")
		}
		if errors.Is(err, term.ErrNoTerminal) {
			return term.UsageError{
				Err:  fmt.Errorf("the build command of %s was not run: it needs your permission", f.Dir),
				Hint: "look at the command, then give --" + cmp.Or(consent.flag, "yes") + "; it is asked once for each folder and command",
			}
		}
		if err != nil {
			return err
		}
	}
	if err := remember(remembered); err != nil {
		t.Note("usher: note: the permission can't be stored, so you will be asked again: %v", err)
	}
	return nil
}

// buildConsent is the permission for a build command.
type buildConsent struct {
	yes        bool   // given on the command line
	unattended bool   // the terminal is busy: nothing can be asked
	flag       string // that sets yes; "" is --yes
}

// consentFile is the file that records the permission of a command in a folder, ""
// when the user has no home folder. Its name reveals neither.
func consentFile(dir, command string) string {
	state := os.Getenv("XDG_STATE_HOME")
	if state == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return ""
		}
		state = filepath.Join(home, ".local", "state")
	}
	if target, err := filepath.EvalSymlinks(dir); err == nil {
		dir = target
	}
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256([]byte(absolute + "\x00" + command))
	return filepath.Join(state, "usher", "builds", hex.EncodeToString(sum[:]))
}

func remember(path string) error {
	if path == "" {
		return errors.New("the user has no home folder")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, nil, 0o600)
}

// withoutOwn removes our own variables from an environment: a folder's command
// must not get the keys of this host.
func withoutOwn(environ []string) []string {
	kept := make([]string, 0, len(environ))
	for _, entry := range environ {
		if !strings.HasPrefix(strings.ToUpper(entry), settings.EnvPrefix) {
			kept = append(kept, entry)
		}
	}
	return kept
}
