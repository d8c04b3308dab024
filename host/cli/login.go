package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/profiles"
	"github.com/usherhost/usher/host/settings"
)

func newLogin(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "login URL",
		Short: "Store a host's URL and API key as a profile, for the commands in any folder",
		Long: `Ask for an API key (or read it from stdin or USHER_API_KEY), check the URL and the key,
and store both as a profile of this user, which becomes the current one. The file is
for this user only; see 'usher profiles --help'. Without a scheme, the URL begins with
http:// on this machine and with https:// elsewhere.

--profile chooses the profile's name (default: the host's name in the URL). A profile
with the same name and URL gets the new key.`,
		Example: `  usher login https://usher.example.com
  pass show usher | usher login usher.example.com --profile prod`,
		GroupID:     command.GroupHost,
		Annotations: map[string]string{command.WithoutProfile: "true"},
		Args:        command.Exactly("URL"),
		RunE:        func(cmd *cobra.Command, args []string) error { return login(cmd.Context(), env, args[0]) },
	}
}

// loginAnswer is what `usher login --json` prints.
type loginAnswer struct {
	Profile string   `json:"profile"`
	URL     string   `json:"url"`
	Was     string   `json:"was,omitempty"` // the current profile before
	Key     host.Key `json:"key"`
	File    string   `json:"file"`
}

func login(ctx context.Context, env *command.Env, address string) error {
	address, err := settings.ParseURL(address)
	if err != nil {
		return term.UsageError{Err: err, Hint: "write it as http://127.0.0.1:8080 or https://usher.example.com"}
	}
	u, err := url.Parse(address)
	if err != nil {
		return term.UsageError{Err: err}
	}
	name := cmp.Or(env.ProfileFlag, profileNameOf(u))
	if err := profiles.CheckName(name); err != nil {
		return err
	}
	if u.Scheme == "http" && !settings.Loopback(u.Hostname()) {
		env.Term.Note("usher: warning: %s is not encrypted: whoever is between here and there can read the key", address)
	}
	secret, err := askKey(env)
	if err != nil {
		return err
	}
	c, err := env.ClientWith(address, secret)
	if err != nil {
		return err
	}
	key, err := c.Whoami(ctx)
	if err != nil {
		return refusedLogin(address, err)
	}
	answer := loginAnswer{Profile: name, URL: address, Key: key, File: env.Profiles.Path}
	if answer.Was, err = env.Profiles.Add(name, profiles.Profile{URL: address, Key: secret}); err != nil {
		return err
	}
	return env.Term.Answer(answer, func(w io.Writer) { printLogin(w, answer) })
}

func printLogin(w io.Writer, a loginAnswer) {
	term.Fprintf(w, "logged in to %s with the key %s, which may %s%s\n", a.URL, a.Key.Name, scopeList(a.Key.Scopes), until(a.Key))
	current := "the current one"
	if a.Was != "" && a.Was != a.Profile {
		current += "; before, it was " + a.Was
	}
	term.Fprintf(w, "profile %s is now %s\n", a.Profile, current)
}

// profileNameOf makes a profile's name of a URL's host.
func profileNameOf(u *url.URL) string {
	if settings.Loopback(u.Hostname()) {
		return "local"
	}
	return strings.Trim(strings.ReplaceAll(u.Hostname(), ":", "-"), "-")
}

// askKey gets the key: given, or from stdin, without an echo.
func askKey(env *command.Env) (string, error) {
	given := env.Config.APIKey
	if given != "" && env.Config.Level("api_key") == settings.InFlag {
		env.Term.Note("usher: warning: a key on the command line stays in the shell's history and shows in the list of processes; 'usher login URL' asks for it")
	}
	if given != "" {
		return given, nil
	}
	secret, err := env.Term.ReadSecret("API key (not shown): ")
	secret = strings.TrimSpace(secret)
	if err == nil && secret == "" {
		err = errors.New("the key is empty")
	}
	if err == nil && strings.ContainsAny(secret, " \t\r\n") {
		err = errors.New("what was read has several words or lines, and is no API key")
	}
	if err != nil {
		return "", term.UsageError{Err: err, Hint: "pipe the key in, or type it when asked; 'usher keys create NAME' on the host's machine makes one"}
	}
	return secret, nil
}

// refusedLogin explains the answer of a host to its first request.
func refusedLogin(address string, err error) error {
	switch host.CodeOf(err) {
	case host.Unauthorized:
		return &host.Error{
			Code: host.Unauthorized, Text: fmt.Sprintf("%s refused this API key: %s", address, err), Hint: "nothing was stored; check that the key is one of this host",
		}
	case host.NotFound:
		return &host.Error{
			Code: host.NotFound, Text: fmt.Sprintf("%s answered, but not as Usher does: %s", address, err), Hint: "nothing was stored; check the URL",
		}
	default:
		return err
	}
}
