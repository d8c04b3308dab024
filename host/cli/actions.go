package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/author"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/client"
	"github.com/usherhost/usher/host/internal/jsscan"
	"github.com/usherhost/usher/host/sandbox/extism"
)

func newActions(env *command.Env) *cobra.Command {
	return command.Parent("actions", "Create, deploy and show actions", command.GroupWork,
		newActionsCreate(env), newActionsDeploy(env), newActionsList(env), newActionsShow(env),
		newActionsVersions(env), newActionsDelete(env))
}

// createFlags are the flags of `usher actions create`.
type createFlags struct {
	author.ScriptFlags
	trigger  string
	manifest string
	module   string
	deploy   bool
}

func newActionsCreate(env *command.Env) *cobra.Command {
	var f createFlags
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Create an action, empty or from a module or an Extism manifest",
		Example: `  usher actions create notify-slack
  usher actions create notify-slack --module notify.wasm --deploy
  usher actions create notify-slack --manifest manifest.json --deploy`,
		Args: command.Exactly("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error { return createAction(cmd.Context(), env, args[0], f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.trigger, "trigger", string(host.PostUserRegistration), "trigger that the action is for")
	flags.StringVar(&f.manifest, "manifest", "", "Extism manifest (JSON) whose module and settings make version 1")
	flags.StringVar(&f.module, "module", "", ".wasm file or script that makes version 1")
	flags.BoolVar(&f.deploy, "deploy", false, "deploy version 1")
	cmd.MarkFlagsMutuallyExclusive("manifest", "module")
	f.Add(cmd)
	return cmd
}

func createAction(ctx context.Context, env *command.Env, name string, f createFlags) error {
	wasm, manifest, err := f.firstVersion(ctx, env)
	if err != nil {
		return err
	}
	if wasm == nil && f.deploy {
		return term.UsageError{Err: fmt.Errorf("nothing to deploy"), Hint: "give --module or --manifest, or use 'usher actions deploy DIR'"}
	}
	c, err := env.Client()
	if err != nil {
		return err
	}
	action, err := c.CreateAction(ctx, name, host.Trigger(f.trigger))
	if err != nil {
		return err
	}
	if wasm != nil {
		if _, err := c.CreateVersion(ctx, action.ID, wasm, manifest, f.deploy); err != nil {
			return takeBack(ctx, c, action.ID, err)
		}
		if action, err = c.Action(ctx, action.ID); err != nil {
			return err
		}
	}
	return env.Term.Answer(action, func(w io.Writer) {
		term.Fprintf(w, "created %s (%s) for %s\n", action.Name, action.ID, action.Trigger)
		if action.Deployed != nil {
			term.Fprintf(w, "deployed version %d\nnext: usher bind %s\n", action.Deployed.Number, action.Name)
		}
	})
}

// takeBack deletes an action that was created for a version which the host then
// refused, so that the same command works again. It returns refusal.
func takeBack(ctx context.Context, c *client.Client, action string, refusal error) error {
	if p, ok := errors.AsType[*client.Problem](refusal); ok && p.Status < http.StatusInternalServerError {
		_, _ = c.DeleteAction(context.WithoutCancel(ctx), action, false) // an empty action that stays does no harm
	}
	return refusal
}

// firstVersion reads the module and the manifest that the flags name; the
// module is nil when they name none.
func (f createFlags) firstVersion(ctx context.Context, env *command.Env) ([]byte, host.Manifest, error) {
	if f.module != "" {
		wasm, err := author.ReadOrBuild(ctx, env, f.module, "name a .wasm file or a script", f.ScriptFlags)
		return wasm, host.Manifest{}, err
	}
	if f.manifest == "" {
		return nil, host.Manifest{}, nil
	}
	data, err := os.ReadFile(f.manifest)
	if os.IsNotExist(err) {
		return nil, host.Manifest{}, &host.Error{Code: host.NotFound, Text: "no Extism manifest at " + f.manifest}
	}
	if err != nil {
		return nil, host.Manifest{}, fmt.Errorf("read the manifest: %w", err)
	}
	m, err := extism.ReadManifest(data, filepath.Dir(f.manifest))
	if err != nil {
		return nil, host.Manifest{}, fmt.Errorf("%s: %w", f.manifest, err)
	}
	return m.Wasm, extismSettings(m), nil
}

// wasmPageBytes is the size of a WebAssembly memory page.
const wasmPageBytes = 64 << 10

// extismSettings translates what an Extism manifest allows.
func extismSettings(m extism.Manifest) host.Manifest {
	return host.Manifest{Settings: host.Settings{
		Egress: host.Egress{Allow: m.AllowedHosts},
		Config: m.Config,
		Limits: host.Limits{
			TimeoutMillis: m.TimeoutMillis,
			MemoryBytes:   m.MaxPages * wasmPageBytes,
			ResponseBytes: m.MaxResponseBytes,
		},
	}}
}

func newActionsList(env *command.Env) *cobra.Command {
	var trigger string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the actions",
		Example: `  usher actions list
  usher actions list --trigger pre-user-registration`,
		Args: command.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := env.Client()
			if err != nil {
				return err
			}
			actions, err := c.Actions(cmd.Context(), host.Trigger(trigger))
			if err != nil {
				return err
			}
			return env.Term.Answer(map[string]any{"actions": term.NotNil(actions)}, func(w io.Writer) { actionTable(env.Term, w, actions) })
		},
	}
	cmd.Flags().StringVar(&trigger, "trigger", "", "only actions for this trigger")
	return cmd
}

func actionTable(t term.Terminal, w io.Writer, actions []host.Action) {
	if len(actions) == 0 {
		t.Note("no actions yet; create one: usher init NAME")
		return
	}
	rows := make([][]string, len(actions))
	for i, action := range actions {
		deployed := "-"
		if action.Deployed != nil {
			deployed = "v" + strconv.Itoa(action.Deployed.Number)
		}
		rows[i] = []string{action.Name, action.ID, string(action.Trigger), deployed, strconv.Itoa(len(action.Secrets)), term.ShortTime(action.UpdatedAt)}
	}
	t.Table(w, []string{"NAME", "ID", "TRIGGER", "DEPLOYED", "SECRETS", "UPDATED"}, rows)
}

func newActionsShow(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:     "show ACTION",
		Short:   "Show one action: what is deployed, what it may do, its secrets' names",
		Example: "  usher actions show notify-slack",
		Args:    command.Exactly("ACTION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := env.Client()
			if err != nil {
				return err
			}
			action, err := c.Action(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return env.Term.Answer(action, func(w io.Writer) { printAction(env.Term, w, action) })
		},
	}
}

func printAction(t term.Terminal, w io.Writer, action host.Action) {
	t.Pairs(w, "name", action.Name, "id", action.ID, "trigger", string(action.Trigger),
		"created", term.ShortTime(action.CreatedAt), "updated", term.ShortTime(action.UpdatedAt))
	if v := action.Deployed; v != nil {
		t.Pairs(w, "deployed", fmt.Sprintf("version %d, %s, %s", v.Number, term.ByteSize(v.SizeBytes), v.Digest),
			"about", v.Manifest.Description)
		printGrants(t, w, v.Manifest, jsscan.Found{}, action.Secrets)
		return
	}
	term.Fprintln(w, "nothing is deployed; next: usher actions deploy DIR")
}

func newActionsDelete(env *command.Env) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "delete ACTION",
		Short: "Delete an action with its versions and secrets",
		Long: `Delete an action with its versions and secrets. Executions that have not run it yet, or
wait to try it again, go on without it: their steps are canceled, and the answer says
how many. What it has done stays readable. An attempt that runs right then may finish.`,
		Example: `  usher actions delete notify-slack
  usher actions delete notify-slack --force`,
		Args: command.Exactly("ACTION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := env.Client()
			if err != nil {
				return err
			}
			canceled, err := c.DeleteAction(cmd.Context(), args[0], force)
			if err != nil {
				return err
			}
			return env.Term.Answer(map[string]any{"deleted": args[0], "canceled_steps": canceled}, func(w io.Writer) {
				term.Fprintf(w, "deleted %s\n", args[0])
				if canceled > 0 {
					term.Fprintf(w, "%s canceled that had not succeeded; the executions go on without it\n", term.CountAre(canceled, "step"))
				}
			})
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "unbind it first if it is bound")
	return cmd
}
