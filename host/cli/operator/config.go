package operator

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/settings"
)

func newConfig(env *command.Env) *cobra.Command {
	show := &cobra.Command{
		Use:   "print",
		Short: "Show every setting, its value and where the value comes from",
		Example: `  usher config print
  USHER_LOG_LEVEL=debug usher config print --json`,
		Args: command.Exactly(),
		RunE: func(*cobra.Command, []string) error { return printConfig(env) },
	}
	settings.AddServeFlags(show.Flags())
	schema := &cobra.Command{
		Use:         "schema",
		Short:       "Print the JSON Schema of the configuration file",
		Example:     "  usher config schema >usher.schema.json",
		Args:        command.Exactly(),
		Annotations: map[string]string{command.WithoutConfig: "true"},
		RunE:        func(*cobra.Command, []string) error { return env.Term.PrintJSON(settings.Schema()) },
	}
	return command.Parent("config", "Show the configuration", command.GroupHost, show, schema)
}

func printConfig(env *command.Env) error {
	values := env.Config.Values()
	return env.Term.Answer(map[string]any{"settings": values}, func(w io.Writer) {
		rows := make([][]string, len(values))
		for i, v := range values {
			rows[i] = []string{v.Key, fmt.Sprint(v.Value), v.Source}
		}
		env.Term.Table(w, []string{"KEY", "VALUE", "FROM"}, rows)
	})
}
