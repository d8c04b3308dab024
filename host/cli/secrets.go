package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
)

func newSecrets(env *command.Env) *cobra.Command {
	return command.Parent("secrets", "Set the secrets that an action may read", command.GroupWork,
		newSecretsSet(env), newSecretsList(env), newSecretsRemove(env))
}

// secretSource is where a secret's value is read. The command line is not offered:
// it stays in the shell's history and in the list of processes.
type secretSource struct {
	file string
	env  string
}

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
			return "", term.UsageError{Err: err, Hint: "pipe the value in, or use --from-file or --from-env"}
		}
		return value, nil
	}
}

func newSecretsSet(env *command.Env) *cobra.Command {
	var source secretSource
	cmd := &cobra.Command{
		Use:   "set ACTION NAME",
		Short: "Set a secret: asks for the value, or reads stdin, a file or a variable",
		Example: `  usher secrets set notify-slack SLACK_WEBHOOK_URL
  pass show slack | usher secrets set notify-slack SLACK_WEBHOOK_URL
  usher secrets set notify-slack SLACK_WEBHOOK_URL --from-env SLACK_WEBHOOK_URL`,
		Args: command.Exactly("ACTION", "NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			value, err := source.read(env.Term, args[1])
			if err != nil {
				return err
			}
			if value == "" {
				return term.UsageError{Err: errors.New("the value is empty"), Hint: "remove a secret with 'usher secrets rm'"}
			}
			c, err := env.Client()
			if err != nil {
				return err
			}
			secrets, err := c.PatchSecrets(cmd.Context(), args[0], []host.SecretWrite{{Name: args[1], Value: &value}}, nil)
			if err != nil {
				return err
			}
			return env.Term.Answer(map[string]any{"secrets": secrets}, func(w io.Writer) {
				term.Fprintf(w, "%s: %s is set; it takes effect at the next run\n", args[0], args[1])
			})
		},
	}
	cmd.Flags().StringVar(&source.file, "from-file", "", "read the value from this file")
	cmd.Flags().StringVar(&source.env, "from-env", "", "read the value from this environment variable")
	cmd.MarkFlagsMutuallyExclusive("from-file", "from-env")
	return cmd
}

func newSecretsList(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "list ACTION",
		Short: "List the names of an action's secrets; values are never shown",
		Args:  command.Exactly("ACTION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := env.Client()
			if err != nil {
				return err
			}
			secrets, err := c.Secrets(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return env.Term.Answer(map[string]any{"secrets": term.NotNil(secrets)}, func(w io.Writer) {
				rows := make([][]string, len(secrets))
				for i, s := range secrets {
					rows[i] = []string{s.Name, term.ShortTime(s.UpdatedAt)}
				}
				env.Term.Table(w, []string{"NAME", "UPDATED"}, rows)
			})
		},
	}
}

func newSecretsRemove(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "rm ACTION NAME",
		Short: "Remove a secret",
		Args:  command.Exactly("ACTION", "NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := env.Client()
			if err != nil {
				return err
			}
			if err := c.DeleteSecret(cmd.Context(), args[0], args[1]); err != nil {
				return err
			}
			return env.Term.Answer(map[string]any{"deleted": args[1]}, func(w io.Writer) {
				term.Fprintf(w, "%s: %s is removed\n", args[0], args[1])
			})
		},
	}
}
