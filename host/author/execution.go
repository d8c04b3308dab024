package author

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/check"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/client"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/tape"
)

// How a recorded execution of a host runs here:
//
//  1. Its event comes from the host and, if an attempt of the action has a tape, the tape as
//     'usher replay --export' writes it. It has a token in the place of each secret, so no
//     value of one leaves the host.
//  2. The action that is here runs on the event, with the secrets of its .env, and with
//     placeholders for those that are not there.
//  3. What it calls is compared with the tape in the same form: with tokens for secrets. A
//     request that is on the tape gets its answer from there, by the rules of a check. One
//     that is not is new: a fake answers it, or else 200 with an empty object. Nothing is
//     sent.
//
// An attempt without a tape gives its event alone: then the action runs as ever.

// recorded is what a host has of an execution, for one action.
type recorded struct {
	id    string
	event host.Event
	tape  *tape.Recording // nil: there is none
}

// fetchExecution reads an execution from the host, for the action with this name. One that
// the execution did not run gets the event alone.
func fetchExecution(ctx context.Context, env *command.Env, id, action string) (*recorded, error) {
	c, err := env.Client()
	if err != nil {
		return nil, err
	}
	x, err := c.Execution(ctx, id)
	if err != nil {
		return nil, err
	}
	r := &recorded{id: id}
	if r.tape, err = fetchTape(ctx, c, id, action); err != nil {
		return nil, err
	}
	if r.tape != nil {
		r.event = r.tape.Event
		return r, nil
	}
	env.Term.Note("usher: note: %s has no tape of %s: it runs on the event of that execution, with answers from here", id, action)
	e, err := c.Event(ctx, x.EventID)
	if err != nil {
		return nil, err
	}
	r.event = host.Event{ID: x.EventID, Tenant: x.Tenant, Trigger: x.Trigger, UserID: x.UserID, Body: e.Body, ReceivedAt: x.CreatedAt}
	return r, nil
}

// fetchTape reads the tape of an action's last attempt; nil: there is none.
func fetchTape(ctx context.Context, c *client.Client, id, action string) (*tape.Recording, error) {
	file, err := c.ExportTape(ctx, id, host.ReplayQuery{Action: action}, nil)
	switch code := host.CodeOf(err); {
	case err == nil:
		return tape.Read(bytes.NewReader(file))
	case code == host.NotFound, code == host.Conflict:
		return nil, nil //nolint:nilnil // no tape, and no error
	}
	return nil, err
}

// secrets are placeholders of the secrets that the recorded run had, by name.
func (r *recorded) secrets() map[string]string {
	if r == nil || r.tape == nil {
		return nil
	}
	return r.tape.Tape.Secrets
}

// check refuses a recorded event of another trigger than the action's.
func (r *recorded) check(j *job) error {
	if r.event.Trigger == j.trigger {
		return nil
	}
	return &host.Error{
		Code: host.Refused, Text: r.id + " is an execution of " + string(r.event.Trigger) + ", and " + j.name + " is an action of " + string(j.trigger),
		Hint: "run it on an execution of its own trigger: usher executions list --trigger " + string(j.trigger),
	}
}

// addExecution adds the flag of the commands that run on recorded executions.
func (f *runFlags) addExecution(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.execution, "execution", "", "execution (exe_…) of a host: run on its event, with the answers on its tape")
	cmd.MarkFlagsMutuallyExclusive("execution", "event")
	cmd.MarkFlagsMutuallyExclusive("execution", "record")
}

// fetch reads the execution that a flag names, for the action at path. Placeholders stand
// for the secrets that nothing here has.
func (f *runFlags) fetch(ctx context.Context, env *command.Env, path string) error {
	if f.execution == "" {
		return nil
	}
	t, err := findTarget(path)
	if err != nil {
		return err
	}
	if f.recorded, err = fetchExecution(ctx, env, f.execution, t.name); err != nil {
		return err
	}
	f.shared = f.recorded.secretsWith(f.shared)
	return nil
}

// secretsWith adds placeholders to the secrets that there are.
func (r *recorded) secretsWith(own map[string]string) map[string]string {
	all := maps.Clone(r.secrets())
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, own)
	return all
}

// taped answers a run from a tape whose secrets are tokens.
type taped struct {
	check.Outside
	masker   *tape.Masker // of the secrets here
	network  *network
	ctx      context.Context //nolint:containedctx // of the run, which is one call
	recorded int             // requests on the tape

	requests []tapedRequest
	raw      json.RawMessage // the request at hand, with its secrets
	source   string          // of its answer
}

// tapedRequest is where the answer to a request came from.
type tapedRequest struct {
	Target string `json:"target"` // method and URL, without secrets
	From   string `json:"from"`   // tape, fake or none
}

// origin is what stands before a secret in a URL: a secret's own address may be another here.
var origin = regexp.MustCompile(`https?://[^/"\s\[]*/?\[secret ([^\]]+)\]`)

func withoutOrigins(message json.RawMessage) json.RawMessage {
	return origin.ReplaceAll(message, []byte("[secret $1]"))
}

// newTaped returns what answers a run of an action with these secrets.
func newTaped(ctx context.Context, r *recorded, secrets map[string]string, w *network) *taped {
	t := &taped{masker: tape.ForShowing(&host.Tape{Secrets: secrets}), network: w, ctx: ctx}
	from := r.tape.Tape
	from.Calls = make([]host.Call, len(r.tape.Tape.Calls))
	for i, c := range r.tape.Tape.Calls {
		c.Request = withoutOrigins(c.Request)
		from.Calls[i] = c
		if c.Function == "http_send" || c.Function == "http_start" {
			t.recorded++
		}
	}
	t.Outside = check.FromTape(&from, t.missing)
	return t
}

// mask returns a request of the run in the form of the tape.
func (t *taped) mask(function string, request json.RawMessage) json.RawMessage {
	return withoutOrigins(t.masker.Call(host.Call{Function: function, Request: request}).Request)
}

// HTTP implements [guest.Outside].
func (t *taped) HTTP(n int, request json.RawMessage, at time.Duration) (json.RawMessage, time.Duration, bool) {
	masked := t.mask("http_send", request)
	t.raw, t.source = request, fromTape
	answer, took, ok := t.Outside.HTTP(n, masked, at)
	var q struct{ Method, URL string }
	_ = json.Unmarshal(masked, &q) // a message of the host's own
	t.requests = append(t.requests, tapedRequest{Target: strings.ToUpper(firstWord(q.Method, http.MethodGet)) + " " + q.URL, From: t.source})
	return answer, took, ok
}

// Cache implements [guest.Outside].
func (t *taped) Cache(function string, request json.RawMessage) (json.RawMessage, bool) {
	return t.Outside.Cache(function, t.mask(function, request))
}

// Random implements [guest.Outside].
func (t *taped) Random(request json.RawMessage) (json.RawMessage, bool) {
	return t.Outside.Random(t.mask("crypto_call", request))
}

// Where the answer to a request came from.
const (
	fromTape  = "tape"
	fromFake  = "fake"
	fromEmpty = "none" // it is new, and no fake answers it
)

// emptyAnswer answers a new request, so that the run goes on.
var emptyAnswer = json.RawMessage(`{"status":200,"headers":{"content-type":["application/json"]},"body":"{}"}`)

// missing answers a request that is not on the tape: from the fakes, or with nothing.
func (t *taped) missing(json.RawMessage) json.RawMessage {
	t.source = fromEmpty
	var q struct {
		Method, URL string
		Headers     map[string][]string
		Body        string
		BodyBase64  []byte `json:"body_base64"`
	}
	if t.network.set == nil || json.Unmarshal(t.raw, &q) != nil {
		return emptyAnswer
	}
	header := http.Header{}
	for name, values := range q.Headers {
		header[http.CanonicalHeaderKey(name)] = values
	}
	body := q.BodyBase64
	if body == nil {
		body = []byte(q.Body)
	}
	response, failure := t.network.set.Send(t.ctx, &host.HTTPRequest{Method: q.Method, URL: q.URL, Header: header, Body: body, MaxResponseBytes: 1 << 20, MaxRequests: 1})
	if failure != nil {
		return emptyAnswer
	}
	answer, err := json.Marshal(map[string]any{"status": response.Status, "headers": response.Header, "body_base64": response.Body, "url": response.URL})
	if err != nil {
		return emptyAnswer
	}
	t.source = fromFake
	return answer
}

// attempt runs the action: on the network or its fakes, or from the tape of a recorded
// execution.
func (r *localRun) attempt(ctx context.Context, run guest.Run) (host.Result, error) {
	if r.recorded == nil || r.recorded.tape == nil {
		result, _, err := r.runner.Run(ctx, run)
		return result, err
	}
	was := r.recorded.tape
	run.ExecutionID, run.Index, run.Attempt = was.ExecutionID, was.Index, was.Attempt
	from := was.Tape
	from.Secrets, from.Settings = r.job.secrets, &run.Step.Settings
	r.taped = newTaped(ctx, r.recorded, r.job.secrets, r.network)
	result, _, err := r.runner.Play(ctx, run, &from, r.taped)
	return result, err
}

// report prints where the answers of a run from a tape came from.
func (t *taped) report(to term.Terminal, w io.Writer) {
	if t == nil {
		return
	}
	hits := 0
	for _, q := range t.requests {
		switch q.From {
		case fromTape:
			hits++
			term.Fprintf(w, "  %s %s\n", to.Dim("from the tape"), q.Target)
		case fromFake:
			term.Fprintf(w, "  %s %s: not on the tape, answered by a fake\n", to.Yellow("new request"), q.Target)
		default:
			term.Fprintf(w, "  %s %s: not on the tape, and no fake answers it: it got 200 and {}\n", to.Yellow("new request"), q.Target)
		}
	}
	if left := t.recorded - hits; left > 0 {
		term.Fprintf(w, "  %s %s of the tape\n", to.Yellow("not sent here:"), term.Count(left, "request"))
	}
}
