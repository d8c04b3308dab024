package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/dotenv"
)

// secretSource is where the values of secrets are read.
type secretSource struct {
	file string // one value
	env  string // one value
	from string // many, with their names
}

func newSecretsSet(env *command.Env) *cobra.Command {
	var source secretSource
	cmd := &cobra.Command{
		Use:   "set ACTION NAME... | NAME=VALUE... | --from FILE",
		Short: "Set secrets: one that is asked for, or many at once, also from a .env file",
		Long: `Set secrets of an action; they take effect at its next run.

With one NAME, its value is asked for, or read from stdin, a file or a variable.
With NAME=VALUE, it is on the command line, and stays in the shell's history.
With --from, all names and values of a .env file are set (or of a JSON object of
strings), or those that are named; - is stdin. All are set, or none.

A .env file has lines NAME=VALUE and comments that begin with #; values may be in
single quotes, or in double quotes with \n, \", \\ and \$, over several lines too.
Variables are not expanded. What other readers understand in different ways is an
error with its line.`,
		Example: `  usher secrets set notify-slack SLACK_WEBHOOK_URL
  pass show slack | usher secrets set notify-slack SLACK_WEBHOOK_URL
  usher secrets set notify-slack --from .env
  usher secrets set notify-slack --from .env SLACK_WEBHOOK_URL CRM_TOKEN
  usher secrets set notify-slack CHANNEL=signups CRM_URL=https://crm.example.com
  usher secrets set notify-slack SLACK_WEBHOOK_URL --from-env SLACK_WEBHOOK_URL`,
		Args: command.AtLeast("ACTION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			writes, err := source.writes(env.Term, args[1:])
			if err != nil {
				return err
			}
			return setSecrets(cmd.Context(), env, args[0], writes)
		},
	}
	cmd.Flags().StringVar(&source.from, "from", "", "set what this .env file has, or a JSON object of strings (-: stdin)")
	cmd.Flags().StringVar(&source.file, "from-file", "", "read the value of one secret from this file")
	cmd.Flags().StringVar(&source.env, "from-env", "", "read the value of one secret from this environment variable")
	cmd.MarkFlagsMutuallyExclusive("from", "from-file", "from-env")
	return cmd
}

func setSecrets(ctx context.Context, env *command.Env, action string, writes []host.SecretWrite) error {
	c, err := env.Client()
	if err != nil {
		return err
	}
	secrets, err := c.PatchSecrets(ctx, action, writes, nil)
	if err != nil {
		return err
	}
	names := make([]string, len(writes))
	for i, w := range writes {
		names[i] = w.Name
	}
	return env.Term.Answer(map[string]any{"secrets": secrets}, func(w io.Writer) {
		effect := "is set; it takes effect at the next run"
		if len(names) > 1 {
			effect = "are set; they take effect at the next run"
		}
		term.Fprintf(w, "%s: %s %s\n", action, strings.Join(names, ", "), effect)
	})
}

// writes returns what is to be set by the arguments behind the action.
func (s secretSource) writes(t term.Terminal, args []string) ([]host.SecretWrite, error) {
	if s.from != "" {
		return s.readAll(t, args)
	}
	if len(args) == 0 {
		return nil, term.UsageError{Err: errors.New("NAME is missing"), Hint: "name a secret, or a file with --from .env"}
	}
	if len(args) == 1 && !strings.Contains(args[0], "=") {
		value, err := s.read(t, args[0])
		if err == nil && value == "" {
			err = emptyValue(args[0])
		}
		return []host.SecretWrite{{Name: args[0], Value: &value}}, err
	}
	if s.file != "" || s.env != "" {
		return nil, term.UsageError{Err: errors.New("--from-file and --from-env are for one NAME"), Hint: "set many with NAME=VALUE, or --from .env"}
	}
	return givenSecrets(t, args)
}

// givenSecrets reads NAME=VALUE arguments. No error repeats a value.
func givenSecrets(t term.Terminal, args []string) ([]host.SecretWrite, error) {
	var writes []host.SecretWrite
	for _, arg := range args {
		name, value, given := strings.Cut(arg, "=")
		switch {
		case !given:
			return nil, term.UsageError{Err: fmt.Errorf("%s has no value", name), Hint: "write NAME=VALUE for each, or one NAME alone, whose value is asked for"}
		case name == "":
			return nil, term.UsageError{Err: errors.New("an argument begins with = and has no name"), Hint: "write NAME=VALUE"}
		case value == "":
			return nil, emptyValue(name)
		case slices.ContainsFunc(writes, func(w host.SecretWrite) bool { return w.Name == name }):
			return nil, term.UsageError{Err: fmt.Errorf("%s is given twice", name)}
		}
		writes = append(writes, host.SecretWrite{Name: name, Value: &value})
	}
	t.Note("usher: note: values on the command line stay in the shell's history; --from .env, stdin and the prompt leave none")
	return writes, nil
}

// readAll reads a file of names and values; only those in names, when there are any.
func (s secretSource) readAll(t term.Terminal, names []string) ([]host.SecretWrite, error) {
	if i := slices.IndexFunc(names, func(name string) bool { return strings.Contains(name, "=") }); i >= 0 {
		name, _, _ := strings.Cut(names[i], "=")
		return nil, term.UsageError{Err: fmt.Errorf("%s has a value, and --from too", name), Hint: "name it without one, or leave out --from"}
	}
	data, err := command.ReadInput(t, s.from)
	if err != nil {
		return nil, err
	}
	shown := s.from
	if shown == "-" {
		shown = "stdin"
	}
	pairs, err := dotenv.Parse(shown, data)
	if err != nil {
		return nil, err
	}
	if pairs, err = chosen(shown, pairs, names); err != nil {
		return nil, err
	}
	writes := make([]host.SecretWrite, len(pairs))
	for i, p := range pairs {
		if p.Value == "" {
			return nil, term.UsageError{Err: fmt.Errorf("%s: %s has no value", shown, p.Name), Hint: "give it one, remove its line, or name the secrets to set: --from " + s.from + " NAME..."}
		}
		writes[i] = host.SecretWrite{Name: p.Name, Value: &p.Value}
	}
	return writes, nil
}

// chosen returns the pairs of these names, all when there are none.
func chosen(shown string, pairs []dotenv.Pair, names []string) ([]dotenv.Pair, error) {
	if len(pairs) == 0 {
		return nil, term.UsageError{Err: fmt.Errorf("%s has no secrets", shown), Hint: "write each on a line of its own: NAME=VALUE"}
	}
	if len(names) == 0 {
		return pairs, nil
	}
	var wanted []dotenv.Pair
	known := make([]string, len(pairs))
	for i, p := range pairs {
		known[i] = p.Name
	}
	for _, name := range names {
		i := slices.Index(known, name)
		if i < 0 {
			return nil, term.UsageError{Err: fmt.Errorf("%s has no %s", shown, name), Hint: term.DidYouMean(name, known, "it has "+strings.Join(known, ", "))}
		}
		if !slices.Contains(wanted, pairs[i]) {
			wanted = append(wanted, pairs[i])
		}
	}
	return wanted, nil
}

// read reads one value.
func (s secretSource) read(t term.Terminal, name string) (string, error) {
	switch {
	case s.file != "":
		data, err := command.ReadInput(t, s.file)
		return strings.TrimSuffix(string(data), "\n"), err
	case s.env != "":
		value, set := os.LookupEnv(s.env)
		if !set {
			return "", term.UsageError{Err: fmt.Errorf("the environment has no %s", s.env), Hint: "export it first, or pipe the value in"}
		}
		return value, nil
	default:
		value, err := t.ReadSecret("value of " + name + " (not shown): ")
		if err != nil {
			return "", term.UsageError{Err: err, Hint: "pipe the value in, or use NAME=VALUE, --from .env, --from-file or --from-env"}
		}
		return value, nil
	}
}

func emptyValue(name string) error {
	return term.UsageError{Err: fmt.Errorf("the value of %s is empty", name), Hint: "remove a secret with 'usher secrets rm'"}
}
