package author

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/guest"
)

// devEvent is an event on which a flow runs.
type devEvent struct {
	host.Event
	from    string   // a file, or POST
	changed []string // files, since the run before
	wait    time.Duration
}

// devAnswer is one line of `usher dev --json`: what one action did on an event.
type devAnswer struct {
	Run         int          `json:"run"`                // from 1
	Changed     []string     `json:"changed,omitempty"`  // files, since the run before
	BuildMicros int64        `json:"build_us,omitempty"` // when it was built since it last ran
	Trigger     host.Trigger `json:"trigger"`
	From        string       `json:"from"` // the event: a file, or POST
	runAnswer
}

// decisionAnswer is the line of `usher dev --json` after the actions of a flow that decides.
type decisionAnswer struct {
	Run      int           `json:"run"`
	Decision host.Decision `json:"decision"`
}

// devFlow is one run of all actions of a trigger on an event.
type devFlow struct {
	*development
	event     devEvent
	execution string
	runs      []*localRun
	actions   []*devAction
	fold      host.Flow
	failed    bool
}

// run runs the actions of the event's trigger in order and prints what each did. It
// returns the decision, which only a trigger that decides has, and whether all succeeded.
func (d *development) run(ctx context.Context, e devEvent) (host.Decision, bool, error) {
	d.runs++
	d.announce(e)
	f := &devFlow{development: d, event: e, execution: executionOf(e.Event)}
	defer f.close()
	if err := f.open(ctx); err != nil {
		return host.Decision{}, false, err
	}
	if err := f.steps(ctx); err != nil {
		return host.Decision{}, false, err
	}
	if !e.Trigger.Decides() {
		return host.Decision{}, !f.failed, nil
	}
	decision := f.decision()
	return decision, !f.failed, d.printDecision(decision)
}

// announce prints what begins.
func (d *development) announce(e devEvent) {
	about := ""
	if !d.alone || e.from == posted {
		about = fmt.Sprintf("  %s, %s from %s", e.Trigger, firstWord(e.UserID, "a visitor"), e.from)
	}
	d.head(e.changed, about)
}

// head prints the line above all that one run, or one build that failed, prints.
func (d *development) head(changed []string, about string) {
	if t := d.app.Term; !t.JSON {
		t.Note("%s", t.Bold(fmt.Sprintf("── %s  run %d%s%s", time.Now().Format("15:04:05"), d.runs, prefixed(": changed ", strings.Join(changed, ", ")), about)))
	}
}

func firstWord(word, otherwise string) string {
	if word == "" {
		return otherwise
	}
	return word
}

func (f *devFlow) close() {
	for _, r := range f.runs {
		r.network.close()
	}
}

// open makes what runs the actions. What they put into the cache, later ones find there.
func (f *devFlow) open(ctx context.Context) error {
	cache := &guest.Cache{}
	for _, a := range f.plan(f.event.Trigger) {
		flags, err := f.flagsOf(a)
		if err != nil {
			return err
		}
		r, err := flags.start(ctx, f.app, f.tools, a.job)
		if err != nil {
			return err
		}
		r.runner.Cache = cache
		f.runs, f.actions = append(f.runs, r), append(f.actions, a)
	}
	if len(f.runs) == 0 {
		f.app.Term.Note("usher: note: no action of %s can run here", f.event.Trigger)
	}
	return nil
}

// steps runs the actions in order, as a host would without retries.
func (f *devFlow) steps(ctx context.Context) error {
	deadline := time.Now().Add(f.limit(f.event.wait))
	on, why := true, ""
	for i, r := range f.runs {
		run := f.step(i, deadline)
		if !on {
			f.fold.Skip(run.Step)
			f.note("%s is skipped: %s", r.job.name, why)
			continue
		}
		if run.Step.Settings.Limits.TimeoutMillis <= 0 {
			on = f.fold.Miss(run.Step, &host.ResultError{Message: "the time of the flow was over"})
			f.failed, why = true, "the flow was denied before it"
			f.note("%s does not run: the flow has %s, which were over before it", r.job.name, f.limit(f.event.wait))
			continue
		}
		result, err := r.attempt(ctx, run)
		if err != nil {
			return fmt.Errorf("run %s: %w", r.job.name, err)
		}
		if err := f.report(i, result); err != nil {
			return err
		}
		on, why = f.next(i, run.Step, &result)
	}
	return nil
}

// step is the run of one action.
func (f *devFlow) step(i int, deadline time.Time) guest.Run {
	run := f.runs[i].job.run()
	run.ExecutionID, run.Index, run.Event = f.execution, i, &f.event.Event
	if !f.event.Trigger.Decides() {
		return run
	}
	run.UserMetadataBytes, run.AppMetadataBytes = f.fold.MetadataBytes()
	left := time.Until(deadline).Milliseconds()
	if own := run.Step.Settings.Limits.TimeoutMillis; own == 0 || own > left {
		run.Step.Settings.Limits.TimeoutMillis = left
	}
	return run
}

// next reports whether a further action runs, and why none does.
func (f *devFlow) next(i int, step host.Step, r *host.Result) (on bool, why string) {
	f.failed = f.failed || !r.Succeeded
	if f.event.Trigger.Decides() {
		return f.fold.Add(step, r, r.Given), "the flow was denied before it"
	}
	if r.Succeeded {
		return true, ""
	}
	if most := step.Settings.Retry.MaxAttempts; most > 1 && i+1 < len(f.runs) && !r.NonRetryable {
		f.note("a host would try %s again before the next action runs", r.Action)
	}
	return step.Settings.OnFailure != host.Stop, r.Action + " failed, and its on_failure is stop"
}

// print prints what one action did.
func (f *devFlow) report(i int, result host.Result) error {
	r, a, t := f.runs[i], f.actions[i], f.app.Term
	result = r.job.fixes().result(result)
	if err := r.network.report(t, r.job); err != nil {
		return err
	}
	answer := devAnswer{Run: f.development.runs, Trigger: f.event.Trigger, From: f.event.from, Changed: f.event.changed, runAnswer: r.answer(result)}
	if a.fresh {
		answer.BuildMicros, a.fresh = a.took.Microseconds(), false
	}
	if t.JSON {
		return t.PrintLine(answer)
	}
	return t.Answer(answer, func(w io.Writer) {
		t.Result(w, result)
		r.taped.report(t, w)
		switch {
		case answer.BuildMicros > 0:
			term.Fprintln(w, t.Dim("built in "+term.Micros(answer.BuildMicros)))
		case a.err != nil:
			term.Fprintln(w, t.Dim("as it was built at "+a.at.Format("15:04:05")))
		}
	})
}

// note prints a line for people.
func (f *devFlow) note(format string, args ...any) {
	if !f.app.Term.JSON {
		f.app.Term.Note("usher: note: "+format, args...)
	}
}

// decision folds what the actions did.
func (f *devFlow) decision() host.Decision {
	var about struct {
		User struct {
			UserMetadata map[string]json.RawMessage `json:"user_metadata"`
			AppMetadata  map[string]json.RawMessage `json:"app_metadata"`
		} `json:"user"`
	}
	_ = json.Unmarshal(f.event.Body, &about) // it fits its contract
	return f.fold.Decision(f.execution, about.User.UserMetadata, about.User.AppMetadata)
}

// printDecision prints what the flow decided.
func (d *development) printDecision(decision host.Decision) error {
	t := d.app.Term
	if t.JSON {
		return t.PrintLine(decisionAnswer{d.runs, decision})
	}
	return t.Answer(decision, func(w io.Writer) {
		if decision.Verdict == host.Deny {
			term.Fprintf(w, "%s: %s; the user reads: %s\n", t.Red("denied"), decision.Reason, decision.UserMessage)
			return
		}
		metadata, _ := json.Marshal(map[string]any{"user_metadata": decision.UserMetadata, "app_metadata": decision.AppMetadata}) // it has a JSON form
		term.Fprintf(w, "%s: %s\n", t.Green("allowed"), metadata)
	})
}

// limit is how long a flow that decides may take, as on a host.
func (d *development) limit(wait time.Duration) time.Duration {
	limit := d.app.Config.PreUserRegistrationTimeout
	if wait > 0 {
		return min(wait, limit)
	}
	return limit
}

// events reads the events of a sample: of its trigger, or of each that has actions and
// whose contract the file fits.
func (d *development) events(s sample) (list []devEvent, err error) {
	if s.execution != "" {
		for _, a := range d.actions {
			if a.recorded != nil {
				return []devEvent{{Event: a.recorded.event, from: s.execution}}, nil
			}
		}
		return nil, nil // no action can be built yet, which was reported
	}
	triggers := []host.Trigger{s.trigger}
	if s.trigger == "" {
		triggers = d.triggers()
	}
	for _, trigger := range triggers {
		e, wrong := readEvent(d.app.Term, trigger, s.path)
		if wrong != nil {
			if err == nil {
				err = wrong
			}
			continue
		}
		from := s.path
		if from == "" {
			from = "the example event"
		}
		list = append(list, devEvent{Event: e, from: from})
	}
	if len(list) > 0 {
		err = nil
	}
	return list, err
}

// executionOf is the id of an event's execution.
func executionOf(e host.Event) string {
	return host.ExecutionPrefix + strings.TrimPrefix(e.ID, host.EventPrefix)
}

// newEvent returns the event that was posted, with an id.
func newEvent(e host.Event) host.Event {
	e.ID, e.ReceivedAt = host.NewID(host.EventPrefix), time.Now().UTC()
	return e
}
