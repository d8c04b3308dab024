package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/eventfile"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/client"
	"github.com/usherhost/usher/proto"
)

// What one request of many holds, and how long it is tried.
const (
	eventsInOne      = 500
	bytesInOne       = 4 << 20
	sendAttempts     = 10 // once the host has answered
	longestSendPause = 30 * time.Second
)

// How much of an answer is printed and stored.
const (
	maxShownEvents   = 20
	maxShownRefusals = 20
	maxListedEvents  = 1000
	maxRefusals      = 1000
)

// refusal is an event of a file that was not accepted.
type refusal struct {
	Line   int64  `json:"line"`
	Detail string `json:"detail"`
}

// sentEvent is an event of a file that was accepted.
type sentEvent struct {
	Line int64 `json:"line"`
	host.Accepted
	Repeat bool `json:"repeat,omitempty"`
}

// sendReport is what `usher events send` prints of many events.
type sendReport struct {
	Read     int64       `json:"read"`
	Accepted int64       `json:"accepted"` // new ones
	Repeats  int64       `json:"repeats"`  // sent before
	Refused  int64       `json:"refused"`
	Refusals []refusal   `json:"refusals"` // the first 1000
	Events   []sentEvent `json:"events,omitempty"`
}

// batchSender sends the events of a file, many in a request.
type batchSender struct {
	flags   sendFlags
	term    term.Terminal
	client  *client.Client // nil: nothing is sent
	trigger host.Trigger
	limiter *rate.Limiter
	resume  *resumeFile // nil: none
	shown   *sendProgress

	report sendReport
	done   sendReport // when nothing waited
	lines  []int64    // of the events that wait to be sent
	bodies []json.RawMessage
	bytes  int
}

// errStopped ends a file at its first refused event.
var errStopped = errors.New("an event was refused, and --stop-on-error ends there")

// newBatchSender returns a sender for events of the trigger of the first one.
func newBatchSender(env *command.Env, f sendFlags, first eventfile.Record) (*batchSender, error) {
	s := &batchSender{flags: f, term: env.Term, trigger: triggerOf(f.trigger, first.Body), limiter: rate.NewLimiter(rate.Inf, eventsInOne)}
	switch {
	case s.trigger.Decides():
		return nil, term.UsageError{Err: fmt.Errorf("events of %s are answered one by one, not from a file of many", s.trigger), Hint: "send one event in a file"}
	case f.wait > 0:
		return nil, term.UsageError{Err: errors.New("--wait is for one event, and there are several"), Hint: "leave it out, and follow them with 'usher tail'"}
	case f.key != "":
		return nil, term.UsageError{
			Err:  errors.New("--idempotency-key names one event, and there are several"),
			Hint: "leave it out: a repeat is recognized by the tenant and the user, so a file can be sent again",
		}
	}
	if f.rate > 0 {
		s.limiter = rate.NewLimiter(rate.Limit(f.rate), max(1, min(eventsInOne, int(f.rate))))
	}
	if f.dryRun {
		return s, nil
	}
	var err error
	if s.client, err = env.Client(); err != nil {
		return nil, err
	}
	s.client.MaxWait = longestSendPause
	return s, nil
}

// take adds an event, and sends those that wait when they are enough.
func (s *batchSender) take(ctx context.Context, r eventfile.Record) error {
	s.report.Read++
	if detail := s.wrong(r); detail != "" {
		return s.refuse(r.Line, detail)
	}
	s.lines, s.bodies, s.bytes = append(s.lines, r.Line), append(s.bodies, r.Body), s.bytes+len(r.Body)
	if len(s.bodies) >= min(eventsInOne, s.limiter.Burst()) || s.bytes >= bytesInOne {
		return s.flush(ctx)
	}
	return nil
}

// wrong says what is wrong with a record, as far as that is known here.
func (s *batchSender) wrong(r eventfile.Record) string {
	if r.Err != nil {
		return r.Err.Error()
	}
	if isCloudEvent(r.Body) { // the host takes the event out of it
		return ""
	}
	_, violations := proto.CheckEvent(string(s.trigger), r.Body)
	var details []string
	for _, v := range violations[:min(len(violations), 3)] {
		details = append(details, strings.TrimSpace(v.Pointer+" "+v.Detail))
	}
	return strings.Join(details, "; ")
}

func isCloudEvent(body []byte) bool {
	var e struct {
		Version string `json:"specversion"`
	}
	return json.Unmarshal(body, &e) == nil && e.Version != ""
}

func (s *batchSender) refuse(line int64, detail string) error {
	s.report.Refused++
	if len(s.report.Refusals) < maxRefusals {
		s.report.Refusals = append(s.report.Refusals, refusal{line, detail})
	}
	if s.flags.stopOnError {
		return errStopped
	}
	return nil
}

// flush sends what waits, and notes how far the file is sent.
func (s *batchSender) flush(ctx context.Context) error {
	lines, bodies := s.lines, s.bodies
	s.lines, s.bodies, s.bytes = nil, nil, 0
	if len(bodies) > 0 && s.client != nil {
		if err := s.limiter.WaitN(ctx, len(bodies)); err != nil {
			return ctx.Err()
		}
		if err := s.send(ctx, lines, bodies); err != nil {
			return err
		}
	} else {
		s.report.Accepted += int64(len(bodies))
	}
	s.done = s.report
	s.shown.show(&s.report)
	s.resume.save(s.term, &s.done, false)
	return nil
}

// send sends events, without those that the host refuses by name, and in halves when it
// refuses them together.
func (s *batchSender) send(ctx context.Context, lines []int64, bodies []json.RawMessage) error {
	for len(bodies) > 0 {
		accepted, err := s.client.SendEvents(ctx, s.trigger, bodies)
		if err == nil {
			s.client.Attempts = sendAttempts
			s.count(lines, accepted)
			return nil
		}
		p, ok := errors.AsType[*client.Problem](err)
		if !ok || p.Status != http.StatusBadRequest && p.Status != http.StatusRequestEntityTooLarge && p.Status != http.StatusUnprocessableEntity {
			return err
		}
		refused := refusedItems(p, len(bodies))
		switch {
		case len(refused) > 0:
		case len(bodies) == 1:
			refused = map[int]string{0: p.Error()}
		default:
			half := len(bodies) / 2
			if err := s.send(ctx, lines[:half], bodies[:half]); err != nil {
				return err
			}
			lines, bodies = lines[half:], bodies[half:]
			continue
		}
		if s.flags.stopOnError {
			return s.stopAt(ctx, lines, bodies, refused)
		}
		var keptLines []int64
		var kept []json.RawMessage
		for i := range bodies {
			if detail, bad := refused[i]; !bad {
				keptLines, kept = append(keptLines, lines[i]), append(kept, bodies[i])
			} else if err := s.refuse(lines[i], detail); err != nil {
				return err
			}
		}
		lines, bodies = keptLines, kept
	}
	return nil
}

// stopAt sends what stands before the first refused event, and ends there.
func (s *batchSender) stopAt(ctx context.Context, lines []int64, bodies []json.RawMessage, refused map[int]string) error {
	first := slices.Min(slices.Collect(maps.Keys(refused)))
	if err := s.send(ctx, lines[:first], bodies[:first]); err != nil {
		return err
	}
	s.report.Read -= int64(len(bodies) - first - 1) // they stay unsent
	return s.refuse(lines[first], refused[first])
}

// refusedItems are the events of a batch that a problem names, and what is wrong.
func refusedItems(p *client.Problem, n int) map[int]string {
	refused := map[int]string{}
	for _, f := range p.Errors {
		item, rest, _ := strings.Cut(strings.TrimPrefix(f.Pointer, "/"), "/")
		i, err := strconv.Atoi(item)
		if err != nil || i < 0 || i >= n {
			continue
		}
		detail := f.Detail
		if rest != "" {
			detail = "/" + rest + " " + detail
		}
		if refused[i] != "" {
			detail = refused[i] + "; " + detail
		}
		refused[i] = detail
	}
	return refused
}

func (s *batchSender) count(lines []int64, accepted []host.Accepted) {
	for i, a := range accepted {
		if a.Repeat {
			s.report.Repeats++
		} else {
			s.report.Accepted++
		}
		if len(s.report.Events) < maxListedEvents {
			s.report.Events = append(s.report.Events, sentEvent{lines[i], a, a.Repeat})
		}
	}
}

// answer prints the outcome, and returns the exit code for it.
func (s *batchSender) answer(r *sendReport) error {
	r.Refusals = term.NotNil(r.Refusals)
	if r.Read > maxListedEvents {
		r.Events = nil
	}
	if err := s.term.Answer(r, func(w io.Writer) { s.printReport(w, r) }); err != nil {
		return err
	}
	if r.Refused > 0 {
		return term.SilentExit(term.ExitRefused)
	}
	return nil
}

func (s *batchSender) printReport(w io.Writer, r *sendReport) {
	if n := len(r.Events); n > 0 && r.Read <= maxShownEvents {
		rows := make([][]string, n)
		for i, e := range r.Events {
			note := ""
			if e.Repeat {
				note = "sent before"
			}
			rows[i] = []string{strconv.FormatInt(e.Line, 10), e.EventID, e.ExecutionID, note}
		}
		s.term.Table(w, []string{"LINE", "EVENT", "EXECUTION", ""}, rows)
	}
	for i, f := range r.Refusals {
		if i == maxShownRefusals {
			term.Fprintf(w, "and %d more; --json has the first %d\n", r.Refused-maxShownRefusals, maxRefusals)
			break
		}
		term.Fprintf(w, "%s %d: %s\n", s.term.Red("line"), f.Line, f.Detail)
	}
	verb := "accepted"
	if s.client == nil {
		verb = "valid"
	}
	term.Fprintf(w, "%s %s: %s %s", term.Amount(r.Read), plural("event", r.Read), term.Amount(r.Accepted), verb)
	if r.Repeats > 0 {
		term.Fprintf(w, ", %s sent before", term.Amount(r.Repeats))
	}
	term.Fprintf(w, ", %s refused\n", term.Amount(r.Refused))
	switch {
	case s.client == nil && r.Refused == 0:
		term.Fprintln(w, "nothing was sent: leave out --dry-run to send them")
	case s.client != nil && r.Accepted > 0:
		term.Fprintln(w, "next: usher tail")
	}
}

func plural(noun string, n int64) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}
