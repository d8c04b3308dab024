package check

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/redact"
)

// How a fault campaign works:
//
// The version plays each selected run as it is, which shows what it does when all goes
// well. Then it plays it again with one fault at one request, for each request and each
// fault. When the attempt fails, the next one plays without a fault, as the executor
// would make it: with resume, what had succeeded is answered from the first attempt and
// not sent; without, all of it is sent again, with other random numbers and at another
// time. A ledger has what reached its receiver. Compared with the run without a fault:
//
//   - the action loses data when it succeeds in the end, and a request that changes
//     something has reached its receiver less often;
//   - it sends twice when one has reached its receiver more often;
//   - it never ends when it goes over a limit as long as a receiver fails.

// defaultFaultRuns is how many runs a campaign takes when the query has no number: each
// is played some dozen times.
const defaultFaultRuns = 100

// injection is a fault of a request.
type injection struct {
	name     string
	answer   json.RawMessage // nil: the true one
	arrived  arrival         // of the request at its receiver
	slow     bool            // it comes as late as may be
	crash    bool            // the host ends after the request, before the next one
	persists bool            // it may also be there for as long as the action tries
}

// arrival says whether a request reached its receiver.
type arrival int

const (
	refused arrival = iota // it changed nothing there
	unknown                // maybe
	arrived
)

var injections = []injection{
	{name: "429", answer: json.RawMessage(`{"status":429,"headers":{"retry-after":["1"]},"body":"too many requests"}`), persists: true},
	{name: "500", answer: json.RawMessage(`{"status":500,"headers":{},"body":"internal server error"}`), persists: true},
	{name: "a timeout", answer: json.RawMessage(`{"error":{"code":"timeout","message":"no complete response in time"}}`), arrived: unknown, slow: true, persists: true},
	{name: "a cut body", answer: json.RawMessage(`{"error":{"code":"network","message":"the response's body was cut: unexpected EOF"}}`), arrived: unknown},
	{name: "a slow answer", arrived: arrived, slow: true, persists: true},
	{name: "a crash after it", arrived: arrived, crash: true},
}

// misbehaviour is one way in which an action behaves badly.
type misbehaviour struct {
	kind, fault, target, detail string
}

func (m *misbehaviour) key() string {
	return m.kind + " when " + m.target + " gets " + m.fault + ": " + m.detail
}

// campaign plays one run with every fault at every request.
func (k *checking) campaign(ctx context.Context, j *job, recorded *Run, event *host.Event) (*outcome, error) {
	o := &outcome{secrets: k.known(recorded)}
	c := &campaign{checking: k, job: j, recorded: recorded, event: event}
	base, whole, err := c.attempt(ctx, nil, 1)
	if err != nil {
		return nil, err
	}
	if !whole.Result.Succeeded {
		return &outcome{skipped: "the version fails without any fault"}, nil
	}
	c.base, c.fuel = base, whole.Result.Stats.Fuel
	tried := map[string]bool{}
	for n, sent := range base.sent {
		for i := range injections {
			in := &injections[i]
			o.injected++
			found, err := c.once(ctx, n, in)
			if err != nil {
				return nil, err
			}
			if key := sent.name + " " + in.name; in.persists && !tried[key] {
				tried[key] = true
				o.injected++
				endless, err := c.always(ctx, n, in)
				if err != nil {
					return nil, err
				}
				found = append(found, endless...)
			}
			o.faults = append(o.faults, found...)
		}
	}
	return o, nil
}

// campaign are the attempts of one run.
type campaign struct {
	*checking
	job      *job
	recorded *Run
	event    *host.Event
	base     *ledger // without a fault
	fuel     int64   // that it took
}

// once plays the run with a fault at request n, and then without, if it failed.
func (c *campaign) once(ctx context.Context, n int, in *injection) ([]misbehaviour, error) {
	first, run, err := c.attempt(ctx, &fault{injection: in, at: n}, 1)
	if err != nil {
		return nil, err
	}
	ledgers := []*ledger{first}
	if in.crash || !run.Result.Succeeded {
		if c.settings.Retry.MaxAttempts == 1 || run.Result.NonRetryable && !in.crash {
			return nil, nil // it failed, and that is not hidden
		}
		var before *ledger
		if c.settings.Resume != host.ResumeOff {
			before = first
		}
		second, again, err := c.attempt(ctx, &fault{before: before}, 2)
		if err != nil {
			return nil, err
		}
		ledgers = append(ledgers, second)
		if !again.Result.Succeeded {
			return []misbehaviour{{"loses data", in.name, c.base.sent[n].name, "it does not recover: the next attempt fails, too: " + template(ending(&again.Result))}}, nil
		}
	}
	return c.judge(n, in, ledgers), nil
}

// always plays the run with a fault at request n, and at each later one with its target.
func (c *campaign) always(ctx context.Context, n int, in *injection) ([]misbehaviour, error) {
	target := c.base.sent[n].name
	l, run, err := c.attempt(ctx, &fault{injection: in, at: n, target: target}, 1)
	if err != nil || run.Result.Succeeded || run.Result.Fault != host.FaultLimit {
		return nil, err
	}
	const few = 5 // requests: an action may try again, and be ended by its deadline
	if run.Result.Limit == "timeout_ms" && l.count(target, refused) < few {
		return nil, nil
	}
	return []misbehaviour{{"never ends", in.name + " every time", target, "it goes on until its limit " + run.Result.Limit}}, nil
}

// attempt plays the run once.
func (c *campaign) attempt(ctx context.Context, f *fault, number int) (*ledger, Run, error) {
	l := &ledger{answers: newAnswers(&c.recorded.Tape), fault: f, latest: time.Duration(c.settings.Limits.HTTPTimeoutMillis)*time.Millisecond - time.Millisecond}
	recorded, j := *c.recorded, *c.job
	j.attempt += number - 1
	if number > 1 {
		l.takeOver(f.before)
		if f.before == nil {
			recorded.Tape.Seed, recorded.Tape.Start = otherSeed(recorded.Tape.Seed), recorded.Tape.Start.Add(time.Minute)
		}
	}
	if c.fuel > 0 { // a loop without end is one long before the limit
		const least, times = 200_000_000, 20
		settings := c.settings
		if recorded.Tape.Settings != nil {
			settings = *recorded.Tape.Settings
		}
		settings.Limits.Fuel = min(settings.Limits.Fuel, least+times*c.fuel)
		recorded.Tape.Settings = &settings
	}
	run, err := c.playNew(ctx, &j, &recorded, c.event, l)
	return l, run, err
}

func otherSeed(seed []byte) []byte {
	if seed == nil {
		return nil
	}
	other := sha256.Sum256(seed)
	return other[:]
}

// judge compares what reached the receivers with a run without a fault.
func (c *campaign) judge(n int, in *injection, ledgers []*ledger) []misbehaviour {
	var found []misbehaviour
	add := func(kind, detail string) {
		found = append(found, misbehaviour{kind, in.name, c.base.sent[n].name, detail})
	}
	for _, name := range c.base.changing() {
		want := c.base.count(name, unknown)
		got := 0
		for _, l := range ledgers {
			got += l.count(name, unknown)
		}
		switch {
		case got < want:
			add("loses data", "it succeeds without "+name)
		case got > want && len(ledgers) > 1:
			if how := again(name, ledgers[0], ledgers[1]); how != "" {
				add("sends twice", name+" is sent again"+how)
			}
		case got > want:
			add("sends twice", name+" is sent again in the same attempt")
		}
	}
	return found
}

// again says how the second attempt sends a request that the first one had sent; "" when
// that is as it should be: with the same key, a request whose outcome was not known.
func again(name string, first, second *ledger) string {
	how := ""
	for _, b := range second.sent {
		if b.name != name || b.arrived == refused {
			continue
		}
		i := slices.IndexFunc(first.sent, func(a sent) bool { return a.name == name && a.key == b.key })
		switch {
		case i < 0:
			return ", with another Idempotency-Key"
		case first.sent[i].arrived == arrived && !first.sent[i].unstored:
			how = " after it had succeeded, with the same Idempotency-Key"
		}
	}
	return how
}

// faultGroups collects misbehaviour by its kinds.
type faultGroups struct {
	byKey map[string]*host.CheckFault
}

func (g *faultGroups) add(at place, found []misbehaviour, secrets map[string]string) {
	if len(found) == 0 {
		return
	}
	redactor := redact.New(secrets)
	seen := map[string]bool{}
	for _, m := range found {
		m.target, m.detail = visible(redactor, m.target), visible(redactor, m.detail)
		key := m.key()
		if g.byKey[key] == nil && len(g.byKey) >= maxKinds {
			m.target, m.fault, m.detail = "some request", "a fault", "more kinds than are listed"
			key = m.key()
		}
		if g.byKey == nil {
			g.byKey = map[string]*host.CheckFault{}
		}
		if g.byKey[key] == nil {
			g.byKey[key] = &host.CheckFault{
				Kind: m.kind, Key: key, Fault: m.fault, Target: m.target, Detail: m.detail, Example: at.example(&Difference{}),
			}
		}
		if !seen[key] {
			seen[key] = true
			g.byKey[key].Runs++
		}
	}
}

// list returns them by kind, the most frequent first.
func (g *faultGroups) list(allow *allowances) []host.CheckFault {
	list := make([]host.CheckFault, 0, len(g.byKey))
	for _, key := range slices.Sorted(maps.Keys(g.byKey)) {
		f := *g.byKey[key]
		f.Allowed = allow.reason(key)
		list = append(list, f)
	}
	slices.SortStableFunc(list, func(a, b host.CheckFault) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(b.Runs, a.Runs))
	})
	return list
}
