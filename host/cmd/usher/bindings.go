package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/client"
)

func newBindings(a *app) *cobra.Command {
	cmd := parent("bindings", "See and change what runs on a trigger, in which order", groupWork,
		newBindingsList(a), newBindingsEdit(a), newBindingsSet(a), newBindingsOrder(a))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return a.listBindings(cmd.Context(), host.PostUserRegistration)
	}
	return cmd
}

// place says where in the order a binding goes.
type place struct {
	first  bool
	before string
	after  string
}

func newBind(a *app) *cobra.Command {
	var f settingFlags
	var p place
	cmd := &cobra.Command{
		Use:   "bind ACTION",
		Short: "Run an action on its trigger: last, unless told otherwise",
		Example: `  usher bind notify-slack
  usher bind audit --before notify-slack --on-failure stop`,
		GroupID: groupWork,
		Args:    exactly("ACTION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.bind(cmd, args[0], p, &f)
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&p.first, "first", false, "before all others")
	cmd.Flags().StringVar(&p.before, "before", "", "before this action")
	cmd.Flags().StringVar(&p.after, "after", "", "after this action")
	cmd.MarkFlagsMutuallyExclusive("first", "before", "after")
	return cmd
}

func (a *app) bind(cmd *cobra.Command, name string, p place, f *settingFlags) error {
	write := host.BindingWrite{}
	if f.given(cmd) {
		settings, err := f.settings()
		if err != nil {
			return err
		}
		write.Settings = &settings
	}
	c, err := a.client()
	if err != nil {
		return err
	}
	action, err := c.Action(cmd.Context(), name)
	if err != nil {
		return err
	}
	write.Action = action.ID
	return a.changeBindings(cmd.Context(), c, action.Trigger, func(bindings []host.Binding) ([]host.BindingWrite, error) {
		return p.insert(bindings, write)
	})
}

// changeBindings replaces a trigger's bindings by what change makes of them.
// When somebody else changes them meanwhile it begins again with those, so that
// nobody's change is lost.
func (a *app) changeBindings(
	ctx context.Context, c *client.Client, trigger host.Trigger, change func([]host.Binding) ([]host.BindingWrite, error),
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
			return a.printBindings(trigger, bindings)
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

func newUnbind(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "unbind ACTION",
		Short:   "Run an action on its trigger no more",
		GroupID: groupWork,
		Args:    exactly("ACTION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.client()
			if err != nil {
				return err
			}
			trigger, err := a.boundTrigger(cmd.Context(), c, args[0])
			if err != nil {
				return err
			}
			return a.changeBindings(cmd.Context(), c, trigger, func(bindings []host.Binding) ([]host.BindingWrite, error) {
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
func (a *app) boundTrigger(ctx context.Context, c *client.Client, name string) (host.Trigger, error) {
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

func newBindingsList(a *app) *cobra.Command {
	var trigger string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Show the order in which a trigger's actions run",
		Args:  exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.listBindings(cmd.Context(), host.Trigger(trigger))
		},
	}
	cmd.Flags().StringVar(&trigger, "trigger", string(host.PostUserRegistration), "the trigger")
	return cmd
}

func (a *app) listBindings(ctx context.Context, trigger host.Trigger) error {
	c, err := a.client()
	if err != nil {
		return err
	}
	bindings, err := c.Bindings(ctx, trigger)
	if err != nil {
		return err
	}
	return a.printBindings(trigger, bindings)
}

func newBindingsSet(a *app) *cobra.Command {
	var f settingFlags
	var name, file string
	var disallow []string
	cmd := &cobra.Command{
		Use:   "set ACTION | --file FILE",
		Short: "Change the settings of one binding, or replace all bindings by a file's",
		Long: `Change the settings of ACTION's binding; what is not named stays. Or replace all
bindings, their order and their settings, by those in FILE ('-' reads stdin),
which is as 'usher export' writes bindings.yaml.`,
		Example: `  usher bindings set notify-slack --allow https://hooks.slack.com --max-attempts 3
  usher bindings set --file prod/bindings.yaml`,
		Args: func(cmd *cobra.Command, args []string) error {
			if file != "" {
				return exactly()(cmd, args)
			}
			return exactly("ACTION")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if file != "" {
				return a.setBindings(cmd.Context(), file)
			}
			settings, err := f.settings()
			if err != nil {
				return err
			}
			if !f.given(cmd) && len(disallow) == 0 && !cmd.Flags().Changed("display-name") {
				return usageError{err: errors.New("nothing to change"), hint: "'" + cmd.CommandPath() + " --help' lists the settings"}
			}
			patch, err := bindingPatch(settings, disallow)
			if err != nil {
				return err
			}
			if cmd.Flags().Changed("display-name") {
				patch.DisplayName = &name
			}
			return a.setBinding(cmd.Context(), args[0], patch)
		},
	}
	f.add(cmd)
	cmd.Flags().StringArrayVar(&disallow, "disallow", nil, "origin to take off the binding's own allowed ones; repeatable")
	cmd.Flags().StringVar(&name, "display-name", "", "name in lists and logs")
	cmd.Flags().StringVarP(&file, "file", "f", "", "replace all bindings by those in this file")
	return cmd
}

// bindingPatch changes only what settings sets; allowed origins are added.
func bindingPatch(settings host.Settings, disallow []string) (client.BindingPatch, error) {
	patch := client.BindingPatch{AllowAdd: settings.Egress.Allow, AllowRemove: disallow}
	settings.Egress.Allow = nil
	encoded, err := json.Marshal(settings)
	patch.Settings = encoded
	return patch, err
}

func (a *app) setBinding(ctx context.Context, action string, patch client.BindingPatch) error {
	c, err := a.client()
	if err != nil {
		return err
	}
	binding, err := c.PatchBinding(ctx, action, patch)
	if err != nil {
		return err
	}
	return a.term.answer(binding, func(w io.Writer) { a.bindingTable(w, []host.Binding{binding}) })
}

func newBindingsOrder(a *app) *cobra.Command {
	var trigger string
	cmd := &cobra.Command{
		Use:   "order ACTION...",
		Short: "Bind exactly these actions, in this order; others are unbound",
		Args:  atLeast("ACTION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.client()
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
			return a.printBindings(host.Trigger(trigger), bindings)
		},
	}
	cmd.Flags().StringVar(&trigger, "trigger", string(host.PostUserRegistration), "the trigger")
	return cmd
}

func (a *app) printBindings(trigger host.Trigger, bindings []host.Binding) error {
	return a.term.answer(map[string]any{"trigger": trigger, "bindings": notNil(bindings)}, func(w io.Writer) {
		if len(bindings) == 0 {
			fprintf(w, "nothing is bound to %s\n", trigger)
			return
		}
		a.bindingTable(w, bindings)
	})
}

func (a *app) bindingTable(w io.Writer, bindings []host.Binding) {
	rows := make([][]string, len(bindings))
	for i, b := range bindings {
		rows[i] = []string{strconv.Itoa(b.Position + 1), b.Action, b.ID, settingsLine(b.Settings)}
	}
	a.term.table(w, []string{"PLACE", "ACTION", "BINDING", "OWN SETTINGS"}, rows)
}
