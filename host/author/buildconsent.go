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
// this folder before: the folder may be somebody else's, and its command can do
// what its user can. Without a terminal to ask, nobody but --yes can say so.
func mayBuild(t term.Terminal, f *desired.File, consent buildConsent) error {
	remembered := consentFile(f.Dir, f.Build)
	if isFile(remembered) {
		return nil
	}
	if !consent.yes {
		t.Note("usher: the folder %s is built by a command of its own, which can do all that you can:\n  %s", f.Dir, term.Under(f.Build))
		err := term.ErrNoTerminal
		if !consent.unattended {
			err = t.Ask("run it, now and later?")
		}
		if errors.Is(err, term.ErrNoTerminal) {
			return term.UsageError{
				Err:  fmt.Errorf("the build command of %s was not run: nobody said that it may", f.Dir),
				Hint: "look at the command, then give --" + cmp.Or(consent.flag, "yes") + "; it is asked once for each folder and command",
			}
		}
		if err != nil {
			return err
		}
	}
	if err := remember(remembered); err != nil {
		t.Note("usher: note: it will be asked again, since that can't be remembered: %v", err)
	}
	return nil
}

// buildConsent says who answers for a build command.
type buildConsent struct {
	yes        bool   // the command line
	unattended bool   // the terminal is busy: nothing can be asked
	flag       string // that sets yes; "" is --yes
}

// consentFile is where it is remembered that a command may run in a folder, ""
// when there is no place for it. Its name tells neither.
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

// withoutOwn leaves our own variables out of an environment: a folder's command
// has no business with the keys of this host.
func withoutOwn(environ []string) []string {
	kept := make([]string, 0, len(environ))
	for _, entry := range environ {
		if !strings.HasPrefix(strings.ToUpper(entry), settings.EnvPrefix) {
			kept = append(kept, entry)
		}
	}
	return kept
}
