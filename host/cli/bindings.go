package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/client"
)

func newBindings(env *command.Env) *cobra.Command {
	cmd := command.Parent("bindings", "Show and change which actions run on a trigger, in which order", command.GroupWork,
		newBindingsList(env), newBindingsEdit(env), newBindingsSet(env), newBindingsOrder(env))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return listBindings(cmd.Context(), env, host.PostUserRegistration)
	}
	return cmd
}

// place is the position of a binding in the order.
type place struct {
	first  bool
	before string
	after  string
}

func newBind(env *command.Env) *cobra.Command {
	var f settingFlags
	var p place
	cmd := &cobra.Command{
		Use:   "bind ACTION",
		Short: "Run an action on its trigger, after the others by default",
		Example: `  usher bind notify-slack
  usher bind audit --before notify-slack --on-failure stop`,
		GroupID: command.GroupWork,
		Args:    command.Exactly("ACTION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return bind(env, cmd, args[0], p, &f)
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&p.first, "first", false, "before all others")
	cmd.Flags().StringVar(&p.before, "before", "", "before this action")
	cmd.Flags().StringVar(&p.after, "after", "", "after this action")
	cmd.MarkFlagsMutuallyExclusive("first", "before", "after")
	return cmd
}

func bind(env *command.Env, cmd *cobra.Command, name string, p place, f *settingFlags) error {
	write := host.BindingWrite{}
	if f.given(cmd) {
		settings, err := f.settings()
		if err != nil {
			return err
		}
		write.Settings = &settings
	}
	c, err := env.Client()
	if err != nil {
		return err
	}
	action, err := c.Action(cmd.Context(), name)
	if err != nil {
		return err
	}
	write.Action = action.ID
	return changeBindings(cmd.Context(), env.Term, c, action.Trigger, func(bindings []host.Binding) ([]host.BindingWrite, error) {
		return p.insert(bindings, write)
	})
}

// changeBindings replaces a trigger's bindings by what change makes of them.
// When another client changes them at the same time it starts again with the new
// ones, so that no change is lost.
func changeBindings(
	ctx context.Context, t term.Terminal, c *client.Client, trigger host.Trigger, change func([]host.Binding) ([]host.BindingWrite, error),
) error {
	const most = 5
	for attempt := 1; ; attempt++ {
		bindings, tag, err := c.TaggedBindings(ctx, trigger)
		if err != nil {
			return err
		}
		order, err := change(bindings)
		if err != nil {
			return err
		}
		bindings, err = c.ReplaceBindingsIf(ctx, trigger, order, tag)
		if err == nil {
			return printBindings(t, trigger, bindings)
		}
		if host.CodeOf(err) != host.Stale || attempt == most {
			return err
		}
	}
}

// insert returns the order with write at its place. An action that is bound
// already moves only when a place was given.
func (p place) insert(bindings []host.Binding, write host.BindingWrite) ([]host.BindingWrite, error) {
	if at := bindingOf(bindings, write.Action); at >= 0 {
		if p == (place{}) {
			order := keepAll(bindings)
			order[at] = write
			return order, nil
		}
		bindings = slices.Delete(slices.Clone(bindings), at, at+1)
	}
	at, err := p.index(bindings)
	if err != nil {
		return nil, err
	}
	return slices.Insert(keepAll(bindings), at, write), nil
}

func (p place) index(bindings []host.Binding) (int, error) {
	if p.first {
		return 0, nil
	}
	neighbour := cmp.Or(p.before, p.after)
	if neighbour == "" {
		return len(bindings), nil
	}
	at := bindingOf(bindings, neighbour)
	if at < 0 {
		return 0, notBound(neighbour)
	}
	if p.after != "" {
		at++
	}
	return at, nil
}

// bindingOf returns the index of the binding with that id, action or name.
func bindingOf(bindings []host.Binding, name string) int {
	return slices.IndexFunc(bindings, func(b host.Binding) bool {
		return b.ActionID == name || b.Action == name || b.ID == name
	})
}

// keepAll asks for the bindings as they are.
func keepAll(bindings []host.Binding) []host.BindingWrite {
	order := make([]host.BindingWrite, len(bindings))
	for i, b := range bindings {
		order[i] = host.BindingWrite{Action: b.ActionID}
	}
	return order
}

func newUnbind(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:     "unbind ACTION",
		Short:   "Stop running an action on its trigger",
		Example: "  usher unbind notify-slack",
		GroupID: command.GroupWork,
		Args:    command.Exactly("ACTION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := env.Client()
			if err != nil {
				return err
			}
			trigger, err := boundTrigger(cmd.Context(), c, args[0])
			if err != nil {
				return err
			}
			return changeBindings(cmd.Context(), env.Term, c, trigger, func(bindings []host.Binding) ([]host.BindingWrite, error) {
				at := bindingOf(bindings, args[0])
				if at < 0 {
					return nil, notBound(args[0])
				}
				return slices.Delete(keepAll(bindings), at, at+1), nil
			})
		},
	}
}

// boundTrigger finds the trigger that name is bound to.
func boundTrigger(ctx context.Context, c *client.Client, name string) (host.Trigger, error) {
	for _, trigger := range host.Triggers() {
		bindings, err := c.Bindings(ctx, trigger)
		if err != nil {
			return "", err
		}
		if bindingOf(bindings, name) >= 0 {
			return trigger, nil
		}
	}
	return "", notBound(name)
}

func notBound(name string) error {
	return &host.Error{Code: host.NotFound, Text: name + " is not bound", Hint: "see the order: usher bindings list"}
}

func newBindingsList(env *command.Env) *cobra.Command {
	var trigger string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Show the order in which a trigger's actions run",
		Example: `  usher bindings list
  usher bindings list --trigger pre-user-registration`,
		Args: command.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return listBindings(cmd.Context(), env, host.Trigger(trigger))
		},
	}
	cmd.Flags().StringVar(&trigger, "trigger", string(host.PostUserRegistration), "the trigger")
	return cmd
}

func listBindings(ctx context.Context, env *command.Env, trigger host.Trigger) error {
	c, err := env.Client()
	if err != nil {
		return err
	}
	bindings, err := c.Bindings(ctx, trigger)
	if err != nil {
		return err
	}
	holds, err := c.Holds(ctx)
	if err != nil {
		return err
	}
	held := []host.Hold{}
	for _, h := range holds {
		if h.Trigger == trigger {
			held = append(held, h)
		}
	}
	answer := map[string]any{"trigger": trigger, "bindings": term.NotNil(bindings), "holds": held}
	return env.Term.Answer(answer, func(w io.Writer) {
		if len(bindings) == 0 {
			term.Fprintf(w, "nothing is bound to %s\n", trigger)
			return
		}
		heldTable(env.Term, w, bindings, held)
	})
}

// heldTable is bindingTable with what holds each action back, if anything does.
func heldTable(t term.Terminal, w io.Writer, bindings []host.Binding, holds []host.Hold) {
	if len(holds) == 0 {
		bindingTable(t, w, bindings)
		return
	}
	rows := make([][]string, len(bindings))
	for i, b := range bindings {
		rows[i] = []string{strconv.Itoa(b.Position + 1), b.Action, stateOf(holds, b), b.ID, settingsLine(b.Settings)}
	}
	t.Table(w, []string{"PLACE", "ACTION", "STATE", "BINDING", "OWN SETTINGS"}, rows)
}

func newBindingsSet(env *command.Env) *cobra.Command {
	var f settingFlags
	var name, file string
	var disallow []string
	cmd := &cobra.Command{
		Use:   "set ACTION | --file FILE",
		Short: "Change the settings of one binding, or replace all bindings by a file's",
		Long: `Change the settings of ACTION's binding; settings without a flag do not
change. With --file, replace the order and the settings of all bindings by those in
FILE ('-' reads stdin), which has the format of bindings.yaml (see 'usher export').`,
		Example: `  usher bindings set notify-slack --allow https://hooks.slack.com --max-attempts 3
  usher bindings set --file prod/bindings.yaml`,
		Args: func(cmd *cobra.Command, args []string) error {
			if file != "" {
				return command.Exactly()(cmd, args)
			}
			return command.Exactly("ACTION")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if file != "" {
				return setBindings(cmd.Context(), env, file)
			}
			settings, err := f.settings()
			if err != nil {
				return err
			}
			if !f.given(cmd) && len(disallow) == 0 && !cmd.Flags().Changed("display-name") {
				return term.UsageError{Err: errors.New("nothing to change"), Hint: "'" + cmd.CommandPath() + " --help' lists the settings"}
			}
			patch, err := bindingPatch(settings, disallow, f.removed(cmd))
			if err != nil {
				return err
			}
			if cmd.Flags().Changed("display-name") {
				patch.DisplayName = &name
			}
			return setBinding(cmd.Context(), env, args[0], patch)
		},
	}
	f.add(cmd)
	cmd.Flags().StringArrayVar(&disallow, "disallow", nil, "origin to remove from those that the binding allows; repeatable")
	cmd.Flags().StringVar(&name, "display-name", "", "name in lists and logs")
	cmd.Flags().StringVarP(&file, "file", "f", "", "replace all bindings by those in this file")
	return cmd
}

// bindingPatch changes only what settings sets; allowed origins are added, and what
// removed names goes back to the default: "egress" is before the names of [host.Egress]. A proxy is set whole: the
// password of another one is not for it.
func bindingPatch(settings host.Settings, disallow, removed []string) (client.BindingPatch, error) {
	patch := client.BindingPatch{AllowAdd: settings.Egress.Allow, AllowRemove: disallow}
	settings.Egress.Allow = nil
	encoded, err := json.Marshal(settings)
	if err != nil {
		return patch, err
	}
	var merged map[string]any
	if err := json.Unmarshal(encoded, &merged); err != nil {
		return patch, err
	}
	egress, _ := merged["egress"].(map[string]any)
	if egress == nil {
		egress = map[string]any{}
	}
	if proxy, ok := egress["proxy"].(map[string]any); ok && proxy["user_secret"] == nil {
		proxy["user_secret"], proxy["password_secret"] = nil, nil
	}
	for _, key := range removed {
		if of, ok := strings.CutPrefix(key, "egress/"); ok {
			egress[of] = nil
		} else {
			merged[key] = nil
		}
	}
	if len(egress) > 0 {
		merged["egress"] = egress
	}
	patch.Settings, err = json.Marshal(merged)
	return patch, err
}

func setBinding(ctx context.Context, env *command.Env, action string, patch client.BindingPatch) error {
	c, err := env.Client()
	if err != nil {
		return err
	}
	binding, err := c.PatchBinding(ctx, action, patch)
	if err != nil {
		return err
	}
	return env.Term.Answer(binding, func(w io.Writer) { bindingTable(env.Term, w, []host.Binding{binding}) })
}

func newBindingsOrder(env *command.Env) *cobra.Command {
	var trigger string
	cmd := &cobra.Command{
		Use:     "order ACTION...",
		Short:   "Bind exactly these actions, in this order; others are unbound",
		Example: "  usher bindings order sync-crm notify-slack",
		Args:    command.AtLeast("ACTION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := env.Client()
			if err != nil {
				return err
			}
			order := make([]host.BindingWrite, len(args))
			for i, name := range args {
				order[i] = host.BindingWrite{Action: name}
			}
			bindings, err := c.ReplaceBindings(cmd.Context(), host.Trigger(trigger), order)
			if err != nil {
				return err
			}
			return printBindings(env.Term, host.Trigger(trigger), bindings)
		},
	}
	cmd.Flags().StringVar(&trigger, "trigger", string(host.PostUserRegistration), "the trigger")
	return cmd
}

func printBindings(t term.Terminal, trigger host.Trigger, bindings []host.Binding) error {
	return t.Answer(map[string]any{"trigger": trigger, "bindings": term.NotNil(bindings)}, func(w io.Writer) {
		if len(bindings) == 0 {
			term.Fprintf(w, "nothing is bound to %s\n", trigger)
			return
		}
		bindingTable(t, w, bindings)
	})
}

func bindingTable(t term.Terminal, w io.Writer, bindings []host.Binding) {
	rows := make([][]string, len(bindings))
	for i, b := range bindings {
		rows[i] = []string{strconv.Itoa(b.Position + 1), b.Action, b.ID, settingsLine(b.Settings)}
	}
	t.Table(w, []string{"PLACE", "ACTION", "BINDING", "OWN SETTINGS"}, rows)
}
