package author

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/desired"
)

func newTypes(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "types [FILE|DIR]",
		Short: "Write the types of an action's secrets and configuration",
		Long: `Write usher-env.d.ts beside a script: TypeScript declarations of what this one
action has. With them an editor completes event.secrets and event.configuration, and
marks a name that is not declared; so does tsc, of JavaScript with "checkJs".

The secrets are those in action.yaml and .env, the configuration is settings.config of
action.yaml. Of a script without an action.yaml the secrets are also those that the code
reads. The types of event and api themselves come from the package usher-actions, which
'usher init' puts into usher/; where it is not there, they are in the file, too.

'usher dev' keeps the file current once it is there.`,
		Example: `  usher types
  usher types plugins/notify-slack-js`,
		GroupID:     command.GroupAuthor,
		Args:        cobra.MaximumNArgs(1),
		Annotations: map[string]string{command.WithoutConfig: "true"},
		RunE: func(_ *cobra.Command, args []string) error {
			return writeTypes(env.Term, pathOf(args))
		},
	}
}

// typesAnswer is what `usher types --json` prints.
type typesAnswer struct {
	File          string   `json:"file"`
	Changed       bool     `json:"changed"`
	Secrets       []string `json:"secrets"`
	Configuration []string `json:"configuration"`
	Undeclared    []string `json:"undeclared,omitempty"` // secrets that the code reads, and that nothing declares
}

func writeTypes(t term.Terminal, path string) error {
	of, err := findTarget(path)
	if err != nil {
		return err
	}
	if !isScript(of.path) {
		return term.UsageError{Err: fmt.Errorf("%s is not a script", of.path), Hint: "types are for JavaScript and TypeScript; the libraries of other languages have theirs"}
	}
	names, err := typingsOf(of)
	if err != nil {
		return err
	}
	changed, err := names.write(of.dir)
	if err != nil {
		return err
	}
	names.warn(t, of)
	answer := typesAnswer{
		File: filepath.Join(of.dir, typingsFile), Changed: changed,
		Secrets: term.NotNil(names.secrets), Configuration: term.NotNil(names.config), Undeclared: names.undeclared,
	}
	return t.Answer(answer, func(w io.Writer) {
		did := "wrote"
		if !changed {
			did = "no change in"
		}
		term.Fprintf(w, "%s %s: %s, %s\n", did, answer.File, listedOr("no secrets", "secrets", names.secrets), listedOr("no configuration", "configuration", names.config))
	})
}

// warn reports the secrets that the code reads and that nothing declares: on a host it
// would not get them.
func (n typings) warn(t term.Terminal, of target) {
	if len(n.undeclared) == 0 {
		return
	}
	t.Note("%s %s reads %s, which %s does not declare\nusher: hint: add to it: secrets: [%s]",
		t.Yellow("usher: warning:"), of.path, "event.secrets."+strings.Join(n.undeclared, ", event.secrets."), filepath.Join(of.dir, desired.FileName), strings.Join(append(n.declared(of), n.undeclared...), ", "))
}

// declared are the secrets that the action.yaml has already.
func (n typings) declared(of target) []string {
	if of.action == nil {
		return nil
	}
	return of.action.Secrets.Names()
}

// listedOr lists names behind what they are, or returns what is said without any.
func listedOr(none, of string, names []string) string {
	if len(names) == 0 {
		return none
	}
	return of + " " + strings.Join(names, ", ")
}
