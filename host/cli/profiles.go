package cli

import (
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/profiles"
)

func newProfiles(env *command.Env) *cobra.Command {
	cmd := command.Parent("profiles", "List the hosts that the commands know, and choose one", command.GroupHost,
		newProfilesList(env), newProfilesUse(env), newProfilesShow(env), newProfilesRemove(env))
	cmd.Long = `A profile is a host's URL with its API key, or with the data directory on this machine
that has it. 'usher login URL' makes one, and so does each 'usher serve'. They are in
usher/profiles.yaml in the user's configuration directory ($XDG_CONFIG_HOME, or
~/.config), for this user only.

How a command finds its host and its key, the first that there is:
  1. the flags --url, --key and --data, then --profile
  2. the variables USHER_URL, USHER_API_KEY and USHER_DATA, then USHER_PROFILE
  3. usher.yaml in this folder, or the file that --config names
  4. the current profile
  5. http://127.0.0.1:8080 and admin.key in the data directory, ./usher-data
With a URL or a data directory but no profile given, the current profile is not used,
but the key of a profile with that URL is. A profile's key is never sent to another URL.`
	cmd.Example = `  usher profiles list
  usher profiles use prod
  usher --profile local executions list`
	return cmd
}

// unprofiled marks commands that work with profiles, whatever the current one is.
func unprofiled(cmd *cobra.Command) *cobra.Command {
	cmd.Annotations = map[string]string{command.WithoutProfile: "true"}
	return cmd
}

// profileView is a profile without its key.
type profileView struct {
	Name    string `json:"name"`
	URL     string `json:"url"`
	Key     string `json:"key"` // where it is
	Data    string `json:"data,omitempty"`
	Gone    bool   `json:"gone"` // the data directory was moved or deleted
	Current bool   `json:"current"`
}

func viewProfile(s profiles.Set, name string) profileView {
	p := s.Profiles[name]
	v := profileView{Name: name, URL: p.URL, Key: "in the profile", Data: p.Data, Gone: p.Gone(), Current: name == s.Current}
	switch {
	case v.Gone:
		v.Key = "gone: " + p.Data + " was moved or deleted"
	case p.Data != "":
		v.Key = "in " + p.Data
	case p.Key == "":
		v.Key = "none"
	}
	return v
}

func newProfilesList(env *command.Env) *cobra.Command {
	return unprofiled(&cobra.Command{
		Use:     "list",
		Short:   "List the profiles; keys are never shown",
		Example: "  usher profiles list",
		Args:    command.Exactly(),
		RunE: func(*cobra.Command, []string) error {
			set, err := env.Profiles.Read()
			if err != nil {
				return err
			}
			views := []profileView{}
			for _, name := range set.Names() {
				views = append(views, viewProfile(set, name))
			}
			return env.Term.Answer(map[string]any{"profiles": views, "current": set.Current, "file": env.Profiles.Path}, func(w io.Writer) {
				printProfiles(env.Term, w, views)
			})
		},
	})
}

func printProfiles(t term.Terminal, w io.Writer, views []profileView) {
	if len(views) == 0 {
		t.Note("no profiles yet; make one: usher login URL, or start a host: usher serve")
		return
	}
	rows := make([][]string, len(views))
	for i, v := range views {
		current := ""
		if v.Current {
			current = "*"
		}
		rows[i] = []string{current, v.Name, v.URL, v.Key}
	}
	t.Table(w, []string{"", "NAME", "URL", "KEY"}, rows)
}

func newProfilesUse(env *command.Env) *cobra.Command {
	return unprofiled(&cobra.Command{
		Use:     "use NAME",
		Short:   "Make a profile the current one",
		Example: "  usher profiles use prod",
		Args:    command.Exactly("NAME"),
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := env.Profiles.Use(args[0])
			if err != nil {
				return err
			}
			return env.Term.Answer(map[string]any{"current": args[0], "url": p.URL}, func(w io.Writer) {
				term.Fprintf(w, "the current profile is %s, %s\n", args[0], p.URL)
			})
		},
	})
}

func newProfilesShow(env *command.Env) *cobra.Command {
	return unprofiled(&cobra.Command{
		Use:   "show [NAME]",
		Short: "Show a profile, the current one by default; its key is not shown",
		Example: `  usher profiles show
  usher profiles show prod --json`,
		Args: command.Between(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			set, err := env.Profiles.Read()
			if err != nil {
				return err
			}
			name := set.Current
			if len(args) == 1 {
				name = args[0]
			}
			if name == "" {
				return noCurrent(set)
			}
			if _, err := set.Find(name); err != nil {
				return err
			}
			v := viewProfile(set, name)
			return env.Term.Answer(v, func(w io.Writer) {
				current := "no; 'usher profiles use " + name + "' makes it so"
				if v.Current {
					current = "yes"
				}
				env.Term.Pairs(w, "name", v.Name, "url", v.URL, "key", v.Key, "current", current, "file", env.Profiles.Path)
			})
		},
	})
}

func newProfilesRemove(env *command.Env) *cobra.Command {
	return unprofiled(&cobra.Command{
		Use:   "rm NAME",
		Short: "Remove a profile with its key from this machine; the host keeps the key",
		Long: `Remove a profile from this machine. The key stays valid at the host: 'usher keys rm'
removes it there.`,
		Example: "  usher profiles rm prod",
		Args:    command.Exactly("NAME"),
		RunE: func(_ *cobra.Command, args []string) error {
			set, err := env.Profiles.Read()
			if err != nil {
				return err
			}
			if err := env.Profiles.Remove(args[0]); err != nil {
				return err
			}
			return env.Term.Answer(map[string]any{"deleted": args[0]}, func(w io.Writer) {
				term.Fprintf(w, "removed the profile %s\n", args[0])
				if set.Current == args[0] {
					term.Fprintln(w, "no profile is current now; next: usher profiles use NAME")
				}
			})
		},
	})
}

// noCurrent is the error of a command that needs the current profile.
func noCurrent(s profiles.Set) error {
	hint := "make one: usher login URL"
	if names := s.Names(); len(names) > 0 {
		hint = "choose one with 'usher profiles use NAME': " + strings.Join(names, ", ")
	}
	return &host.Error{Code: host.NotFound, Text: "no profile is the current one", Hint: hint}
}
