package cli

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
)

func newSecrets(env *command.Env) *cobra.Command {
	return command.Parent("secrets", "Set the secrets that an action may read", command.GroupWork,
		newSecretsSet(env), newSecretsList(env), newSecretsRemove(env))
}

func newSecretsList(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:     "list ACTION",
		Short:   "List the names of an action's secrets; values are never shown",
		Example: "  usher secrets list notify-slack",
		Args:    command.Exactly("ACTION"),
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
		Use:     "rm ACTION NAME",
		Short:   "Remove a secret",
		Example: "  usher secrets rm notify-slack SLACK_WEBHOOK_URL",
		Args:    command.Exactly("ACTION", "NAME"),
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
