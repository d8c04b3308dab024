package author

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/jsbuild/bootstrap"
	"github.com/usherhost/usher/host/jsbuild/npm/locked"
)

// engineOf returns how this binary gets its JavaScript engine.
func engineOf(env *command.Env) bootstrap.Engine {
	return bootstrap.Engine{
		Source: locked.Source{Registry: env.Config.NPMRegistry, Folder: env.Config.NPMFolder},
		Log:    func(line string) { env.Term.Note("usher: %s", line) },
	}
}

func newEngine(env *command.Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "engine",
		Short: "Show where the JavaScript engine is, or make it",
		Long: `Scripts are built with a JavaScript engine. 'task build' and the released binaries
embed it. A binary of 'go build' or 'go install' makes it when it first needs it: it
fetches some 30 npm packages (41 MB), checks them against the lockfile that it embeds, and
makes the engine of them in the user's cache, in about ten seconds. Neither Node nor npm is
needed.

The packages come from https://registry.npmjs.org, or as these say:
  USHER_NPM_REGISTRY   another npm registry, such as https://npm.example.com; USER:PASSWORD@ or
                       :TOKEN@ may stand before its host
  USHER_NPM_FOLDER     a folder that 'usher engine fetch' filled: for machines without a network
  HTTPS_PROXY          a proxy, for all but what NO_PROXY names
  XDG_CACHE_HOME       the cache directory (default: .cache in the home directory)`,
		Example: `  usher engine                  # is it there?
  usher engine make             # now, as in a Dockerfile
  usher engine fetch packages   # for a machine without a network: copy the folder there,
  USHER_NPM_FOLDER=packages usher engine make`,
		GroupID: command.GroupAuthor,
		Args:    command.Exactly(),
		RunE: func(*cobra.Command, []string) error {
			where, err := engineOf(env).Find()
			if err != nil {
				return err
			}
			return answerEngine(env, where)
		},
	}
	cmd.AddCommand(newEngineMake(env), newEngineFetch(env))
	return cmd
}

func newEngineMake(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:     "make",
		Short:   "Make the JavaScript engine in the user's cache, unless it is there",
		Example: "  usher engine make\n  USHER_NPM_REGISTRY=https://npm.example.com usher engine make",
		Args:    command.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			where, err := engineOf(env).Ensure(cmd.Context())
			if err != nil {
				return err
			}
			return answerEngine(env, where)
		},
	}
}

// engineAnswer is what the commands answer.
type engineAnswer struct {
	State string `json:"state"` // embedded, made or none
	Dir   string `json:"dir,omitempty"`
}

func answerEngine(env *command.Env, where bootstrap.Where) error {
	a := engineAnswer{State: "none", Dir: where.Dir}
	text := "this binary makes the JavaScript engine when it first needs it; now: usher engine make"
	switch {
	case where.Embedded:
		a.State, text = "embedded", "the JavaScript engine is in this binary"
	case where.Dir != "":
		a.State, text = "made", "the JavaScript engine is in "+where.Dir
	}
	return env.Term.Answer(a, func(w io.Writer) { term.Fprintln(w, text) })
}

func newEngineFetch(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "fetch FOLDER",
		Short: "Fetch the packages of the JavaScript engine into a folder, for a machine without a network",
		Long: `Fetch the npm packages that the JavaScript engine is made of into a folder, as the
tarballs that the registry has. Copy it to a machine without a network, and set
USHER_NPM_FOLDER to it there. Packages that the folder has are left as they are.`,
		Example: "  usher engine fetch packages",
		Args:    command.Exactly("FOLDER"),
		RunE:    func(cmd *cobra.Command, args []string) error { return fetchEngine(cmd.Context(), env, args[0]) },
	}
}

func fetchEngine(ctx context.Context, env *command.Env, dir string) error {
	source := engineOf(env).Source
	source.Folder = ""
	count, err := bootstrap.Fetch(ctx, source, dir)
	if err != nil {
		return err
	}
	return env.Term.Answer(map[string]any{"dir": dir, "packages": count}, func(w io.Writer) {
		term.Fprintf(w, "%s has the %d packages\nnext, on the other machine: USHER_NPM_FOLDER=%s usher engine make\n", dir, count, dir)
	})
}
