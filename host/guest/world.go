package guest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox"
)

// world is what a run that is played has in place of the world outside: a tape
// ([exact]), or what a caller answers ([virtual]). Time passes for the guest alone. All
// methods are called on the run's goroutine, in the order in which do passes them.
type world interface {
	// given returns the settings and the secrets of the run, which it may not change.
	given() (host.Settings, map[string]string)

	// isolation returns how the run gets its instance, where the settings do not say it:
	// one that initialises itself uses more fuel.
	isolation() host.Isolation

	// ask begins a call of the host. It may end the run.
	ask(function string, request json.RawMessage)

	// send is http_send, without settling its outcome.
	send(q httpRequest, malformed *host.EgressFailure, ordinal int) (*host.HTTPResponse, *host.EgressFailure)

	// start lists a request that http_start begins, and returns its handle.
	start(x *started, q httpRequest, malformed *host.EgressFailure, ordinal int) int64

	// wait returns the request that http_wait takes, with its outcome, nil when none is
	// answered in time. A negative time is without end.
	wait(d time.Duration) *started

	// held returns how many bytes the answers have that wait to be taken.
	held() int

	// sleep lets time pass.
	sleep(d time.Duration)

	// cached returns the answer of a call of the cache; nil: the run's own cache has it.
	cached() json.RawMessage

	// drawn returns the answer of crypto_call that came about by chance; nil: the one
	// that was computed now counts.
	drawn() json.RawMessage

	// cut returns the error of work that was ended by the run's deadline.
	cut() error

	// fix returns what helps against the failure of the request at hand, if that is known.
	fix() *host.Fix

	// pass moves the clock after the work of a call, which took so long now, and returns
	// how long it took in the world.
	pass(took time.Duration) time.Duration

	// answered ends a call with its answer, which is on the run's tape.
	answered(answer json.RawMessage)

	// over is the run's [sandbox.Request.Over].
	over(used int64) error
}

// read decodes an answer that is given to a run that is played.
func (c *call) read(answer json.RawMessage, into any) {
	if err := json.Unmarshal(answer, into); err != nil {
		c.halt(fmt.Sprintf("the answer of call %d can't be read: %v", len(c.record.tape.Calls), err))
	}
}

// readWait decodes an answer of http_wait, nil when nothing was answered in time.
func (c *call) readWait(answer json.RawMessage) *waitAnswer {
	var id struct {
		ID int64 `json:"id"`
	}
	if c.read(answer, &id); id.ID == 0 {
		return nil
	}
	a := &waitAnswer{ID: id.ID, httpAnswer: &httpAnswer{}}
	c.read(answer, a.httpAnswer)
	return a
}

// halt ends a run that is played, because it can't be played on.
func (c *call) halt(why string) {
	fault := &sandbox.Fault{Kind: host.FaultHost, Message: why}
	if c.sandbox == nil { // what is logged after the guest's end
		panic(fault)
	}
	c.sandbox.Stop(fault)
}

// outcome makes of a given answer what a request came to.
func (a *httpAnswer) outcome() (*host.HTTPResponse, *host.EgressFailure) {
	if a.Error != nil {
		return nil, &host.EgressFailure{Code: a.Error.Code, Message: a.Error.Message}
	}
	return &host.HTTPResponse{Status: a.Status, Header: canonical(a.Headers), Body: a.body(), URL: a.URL}, nil
}

// canonical returns headers as a response has them.
func canonical(given http.Header) http.Header {
	h := make(http.Header, len(given))
	for name, values := range given {
		h[http.CanonicalHeaderKey(name)] = values
	}
	return h
}
