package author

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/desired"
)

// development is one action under development, or those of a folder. Its loop is one
// goroutine, which builds, runs and prints: changes of files and events that are sent come
// to it over channels. While it runs a flow on a sample, a change ends that run.
type development struct {
	app      *command.Env
	cmd      *cobra.Command
	path     string
	alone    bool // one action
	flags    devFlags
	tools    *toolchain
	actions  []*devAction
	bindings map[host.Trigger][]desired.Binding // of bindings.yaml; nil: there is none
	server   *devServer                         // nil: no endpoint
	changes  chan []string                      // names of files
	runs     int
	sent     map[host.Trigger]devEvent // the last that were sent
}

// develop builds and runs the actions until ctx ends.
func (d *development) develop(ctx context.Context, w *watch) error {
	group, ctx := errgroup.WithContext(ctx)
	d.changes = make(chan []string)
	group.Go(func() error { return d.watch(ctx, w) })
	if d.server != nil {
		group.Go(func() error { return d.server.serve(ctx) })
	}
	group.Go(func() error {
		d.buildAll(ctx)
		d.greet()
		d.loop(ctx)
		return nil
	})
	return group.Wait()
}

// watch sends changes to the loop.
func (d *development) watch(ctx context.Context, w *watch) error {
	for {
		changed, err := w.next(ctx)
		switch {
		case errors.Is(err, context.Canceled):
			return nil // interrupted, as people end it
		case err != nil:
			return err
		}
		select {
		case d.changes <- changed:
		case <-ctx.Done():
			return nil
		}
	}
}

// loop runs the samples, and then what comes.
func (d *development) loop(ctx context.Context) {
	changed := d.during(ctx, func(ctx context.Context) { d.runSamples(ctx, nil, d.triggers()) })
	for ctx.Err() == nil {
		if changed != nil {
			now := changed
			changed = d.during(ctx, func(ctx context.Context) { d.change(ctx, now) })
			continue
		}
		var work chan devWork
		if d.server != nil {
			work = d.server.work
		}
		select {
		case <-ctx.Done():
		case changed = <-d.changes:
		case next := <-work:
			changed = d.during(ctx, func(ctx context.Context) { d.answer(ctx, next) })
		}
	}
}

// during does something, which a change ends, and returns the changes.
func (d *development) during(ctx context.Context, do func(context.Context)) (changed []string) {
	running, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		do(running)
	}()
	for {
		select {
		case <-done:
			return changed
		case more := <-d.changes:
			changed = append(changed, more...)
			stop()
		}
	}
}

// buildAll builds every action.
func (d *development) buildAll(ctx context.Context) {
	for _, a := range d.actions {
		d.reload(ctx, a)
		d.printBuild(ctx, a)
	}
}

// printBuild prints why an action can't be built, and what happens then.
func (d *development) printBuild(ctx context.Context, a *devAction) {
	if a.err == nil || ctx.Err() != nil {
		return
	}
	d.app.Term.Fail(d.cmd, a.err)
	switch {
	case d.app.Term.JSON || d.alone && a.job == nil:
	case a.job == nil:
		d.app.Term.Note("usher: note: %s is left out until it can be built", a.name())
	default:
		d.app.Term.Note("usher: note: %s runs as it was built at %s until then", a.name(), a.at.Format("15:04:05"))
	}
}

// change builds again what a change concerns, and runs the flows that have it.
func (d *development) change(ctx context.Context, changed []string) {
	if err := d.readOrder(); err != nil {
		d.app.Term.Fail(d.cmd, err)
		return
	}
	added := d.follow()
	var triggers []host.Trigger
	built, failed := false, false
	for _, a := range d.actions {
		if !slices.Contains(added, a) && !slices.ContainsFunc(changed, func(name string) bool { return name == manyFiles || d.concerns(a, absolute([]string{name})[0]) }) {
			continue
		}
		d.reload(ctx, a)
		if a.err != nil && !failed {
			d.runs++
			d.head(changed, "")
			failed = true
		}
		d.printBuild(ctx, a)
		built = true
		if a.err == nil && !slices.Contains(triggers, a.job.trigger) {
			triggers = append(triggers, a.job.trigger)
		}
	}
	switch sampled := slices.ContainsFunc(changed, d.isSample); {
	case sampled:
		triggers = d.triggers()
	case !built:
		return // it belongs to no action
	}
	d.runSamples(ctx, changed, triggers)
}

// isSample reports whether a file is an event, by its place.
func (d *development) isSample(name string) bool {
	return !d.alone && (filepath.Base(name) == "event.json" || filepath.Base(filepath.Dir(name)) == "events" || name == d.flags.event)
}

// runSamples runs the flows of some triggers: on the event that was sent last, or else on
// the samples. It reports whether all actions succeeded.
func (d *development) runSamples(ctx context.Context, changed []string, triggers []host.Trigger) bool {
	good := true
	run := func(e devEvent) {
		e.Event, e.changed = newEvent(e.Event), changed
		_, succeeded, err := d.run(ctx, e)
		good = good && succeeded
		if err != nil && ctx.Err() == nil {
			d.app.Term.Fail(d.cmd, err)
		}
	}
	for _, trigger := range triggers {
		if e, sent := d.sent[trigger]; sent {
			run(e)
		}
	}
	if len(triggers) == 0 {
		return true
	}
	for _, s := range d.samples() {
		events, err := d.events(s)
		if err != nil {
			good = false
			d.app.Term.Fail(d.cmd, err)
		}
		for _, e := range events {
			if _, sent := d.sent[e.Trigger]; !sent && slices.Contains(triggers, e.Trigger) && ctx.Err() == nil {
				run(e)
			}
		}
	}
	return good
}

// answer runs the flow on an event that was sent.
func (d *development) answer(ctx context.Context, w devWork) {
	if w.refused != nil {
		d.app.Term.Fail(d.cmd, w.refused)
		return
	}
	d.sent[w.event.Trigger] = w.event
	decision, _, err := d.run(ctx, w.event)
	if ctx.Err() != nil {
		err = &host.Error{Code: host.Unavailable, Text: "the code changed while its actions ran", Hint: "send the event again"}
	} else if err != nil {
		d.app.Term.Fail(d.cmd, err)
	}
	if w.decided != nil {
		w.decided <- devDecision{decision, err}
	}
}

// once runs the samples once, for scripts.
func (d *development) once(ctx context.Context) error {
	d.buildAll(ctx)
	for _, a := range d.actions {
		if a.err != nil {
			return term.SilentExit(term.ExitCode(a.err)) // it was printed
		}
	}
	if !d.runSamples(ctx, nil, d.triggers()) {
		return term.SilentExit(term.ExitAction)
	}
	return ctx.Err()
}

// greet prints what runs in which order, what is watched, and where events can be sent.
func (d *development) greet() {
	t := d.app.Term
	if !d.alone && !t.JSON {
		d.showOrder()
	}
	root, files, _ := d.watched()
	var watched []string
	if root != "" {
		watched = append(watched, filepath.Clean(root)+string(filepath.Separator))
	}
	for i, file := range files {
		if file != "" && (root == "" || i > 0 && d.alone) {
			watched = append(watched, file)
		}
	}
	t.Note("usher: watching %s; Ctrl-C ends", strings.Join(watched, ", "))
	if d.server == nil {
		return
	}
	for _, trigger := range host.Triggers() {
		path, does := "/v1/events/", "runs them on an event"
		if trigger.Decides() {
			path, does = "/v1/decisions/", "answers with their decision"
		}
		if len(d.plan(trigger)) > 0 {
			t.Note("usher: POST %s%s%s %s", d.server.url(), path, trigger, does)
		}
	}
	if !d.server.isLoopback() {
		t.Note("%s the endpoint asks for no key, and other machines may reach it", t.Yellow("usher: warning:"))
	}
}

// showOrder prints the order of the actions, and what answers their requests.
func (d *development) showOrder() {
	t := d.app.Term
	how := "by name; --order or " + desired.BindingsFile + " changes it"
	switch {
	case len(d.flags.order) > 0:
		how = "as --order says"
	case d.bindings != nil:
		how = "as " + filepath.Join(d.path, desired.BindingsFile) + " says"
	}
	t.Note("usher: %s in %s run %s", term.Count(len(d.actions), "action"), filepath.Clean(d.path)+string(filepath.Separator), how)
	for _, trigger := range d.triggers() {
		t.Note("  %s", trigger)
		for i, a := range d.plan(trigger) {
			t.Note("    %d  %s  (%s; %s)", i+1, a.job.name, a.path, d.answers(a))
		}
	}
	for _, a := range d.actions {
		if a.job == nil {
			t.Note("  left out: %s can't be built", a.name())
		} else if !slices.Contains(d.plan(a.job.trigger), a) {
			t.Note("  left out: %s has no binding in %s", a.job.name, filepath.Join(d.path, desired.BindingsFile))
		}
	}
}

// answers says what answers an action's requests.
func (d *development) answers(a *devAction) string {
	f, err := d.flagsOf(a)
	egress := a.job.settings.Egress
	switch {
	case err == nil && f.fakes != "":
		return "requests answered from " + f.fakes
	case egress.Mode == host.EgressPublic:
		return "may send requests to every public address"
	case len(egress.Allow) == 0:
		return "may send requests nowhere"
	}
	return "may send requests to " + strings.Join(egress.Allow, ", ")
}
