package check

import (
	"encoding/json"
	"time"

	"github.com/usherhost/usher/host"
)

// Outside answers a run that is played in place of the world outside; package guest, which
// plays it, has the contract.
type Outside interface {
	HTTP(n int, request json.RawMessage, at time.Duration) (answer json.RawMessage, took time.Duration, ok bool)
	Cache(function string, request json.RawMessage) (answer json.RawMessage, ok bool)
	Random(request json.RawMessage) (answer json.RawMessage, ok bool)
}

// answers answers a run from the tape of another one. A request gets the answer of the
// taped one that is equal, or else of the one with the same number, or else of the next
// one, if that has the same method and the same URL but for what differs from user to
// user. No answer is given twice. It is for one run.
type answers struct {
	exchanges []exchange
	local     map[string][]json.RawMessage // answers of the cache and of what came about by chance, by call
	records   map[string]json.RawMessage   // that the run has set in the cache as the taped one did, by key
	own       map[string]bool              // keys that it has set otherwise

	missing func(request json.RawMessage) json.RawMessage // answers a request that the tape has no answer to; nil: newEffect
}

// exchange is a request on a tape with its answer.
type exchange struct {
	message json.RawMessage
	name    string
	answer  json.RawMessage
	began   [2]time.Duration // between which it was sent, by the taped run's clock
	arrived time.Duration    // negative: it was not answered
	taken   bool
}

// took is how long after at, when the request is sent, its answer arrives: when it did on
// the tape, if it is sent at the same time.
func (x *exchange) took(at time.Duration) time.Duration {
	switch {
	case x.arrived < 0:
		return never
	case x.began[0] <= at && at <= x.began[1]:
		return x.arrived - at
	}
	return x.arrived - x.began[0]
}

// newEffect answers a request that no tape has an answer to: with what most APIs answer to
// a request that succeeded, so that the run goes on.
var newEffect = json.RawMessage(`{"status":200,"headers":{"content-type":["application/json"]},"body":"{}"}`)

// unanswered is what a request came to that had no answer when the taped run ended.
var unanswered = json.RawMessage(`{"error":{"code":"timeout","message":"no answer came before the end of the recorded run"}}`)

// never is longer than any run.
const never = 24 * time.Hour

// FromTape answers a run from the tape of another one, as a check does: a request gets the
// answer of the taped one that is equal or alike. Missing answers those that the tape has
// no answer to. It is for one run.
func FromTape(t *host.Tape, missing func(request json.RawMessage) json.RawMessage) Outside {
	a := newAnswers(t)
	a.missing = missing
	return a
}

func newAnswers(t *host.Tape) *answers {
	a := &answers{local: map[string][]json.RawMessage{}, records: map[string]json.RawMessage{}, own: map[string]bool{}}
	handles := map[int64]int{}     // the exchange of a request that was started
	var before, last time.Duration // the clock at the call's begin, or somewhat earlier; the last arrival
	for i := range t.Calls {
		c := &t.Calls[i]
		end := time.Duration(c.EndMicros) * time.Microsecond
		x := exchange{message: c.Request, began: [2]time.Duration{before, end}, arrived: end}
		switch c.Function {
		case "http_send":
			x.name, x.answer = requestEffect(c).name, c.Answer
			a.exchanges = append(a.exchanges, x)
		case "http_start":
			var handle int64
			_ = json.Unmarshal(c.Answer, &handle) // an answer of the host's own
			handles[handle] = len(a.exchanges)
			x.name, x.answer, x.arrived = requestEffect(c).name, unanswered, -1
			a.exchanges = append(a.exchanges, x)
		case "http_wait":
			if x := a.answeredBy(handles, c); x != nil {
				x.arrived = max(arrivalIn(c, before, end), last+1) // in the order in which they were taken
				last = x.arrived
			}
		default:
			key := c.Function + string(c.Request)
			a.local[key] = append(a.local[key], c.Answer)
		}
		before = end
	}
	return a
}

// answeredBy returns the exchange whose answer a wait took, with the answer; nil: none.
func (a *answers) answeredBy(handles map[int64]int, c *host.Call) *exchange {
	var answer struct {
		ID int64 `json:"id"`
	}
	_ = json.Unmarshal(c.Answer, &answer) // an answer of the host's own, null without one
	i, known := handles[answer.ID]
	if !known {
		return nil
	}
	a.exchanges[i].answer = c.Answer
	return &a.exchanges[i]
}

// arrivalIn returns when the answer that a wait took has arrived at the latest: at its end,
// or at its timeout, if a busy machine let it end later.
func arrivalIn(c *host.Call, began, end time.Duration) time.Duration {
	var wait struct {
		TimeoutMillis int64 `json:"timeout_ms"`
	}
	_ = json.Unmarshal(c.Request, &wait) // a message of the host's own
	if wait.TimeoutMillis < 0 {
		return end
	}
	return min(end, began+time.Duration(wait.TimeoutMillis)*time.Millisecond)
}

// HTTP implements [Outside].
func (a *answers) HTTP(n int, message json.RawMessage, at time.Duration) (json.RawMessage, time.Duration, bool) {
	if x := a.find(n, message); x != nil {
		x.taken = true
		return x.answer, x.took(at), true
	}
	if a.missing != nil {
		return a.missing(message), 0, true
	}
	return newEffect, 0, true
}

func (a *answers) find(n int, message json.RawMessage) *exchange {
	if n < len(a.exchanges) && a.exchanges[n].answers(message) { // as in the taped run
		return &a.exchanges[n]
	}
	for i := range a.exchanges {
		if a.exchanges[i].answers(message) {
			return &a.exchanges[i]
		}
	}
	name := requestEffect(&host.Call{Request: message}).name
	if n < len(a.exchanges) && !a.exchanges[n].taken && a.exchanges[n].name == name {
		return &a.exchanges[n]
	}
	for i := range a.exchanges {
		if x := &a.exchanges[i]; !x.taken && x.name == name {
			return x
		}
	}
	return nil
}

func (x *exchange) answers(message json.RawMessage) bool {
	return !x.taken && string(x.message) == string(message)
}

// Cache implements [Outside]. What the run sets otherwise than the taped one did is in
// the run's own cache from then on.
func (a *answers) Cache(function string, message json.RawMessage) (json.RawMessage, bool) {
	var named struct{ Key, Name string }
	_ = json.Unmarshal(message, &named) // a message of the host's own
	key := named.Key + named.Name
	answer, taped := a.next(function, message)
	switch {
	case a.own[key]:
		return nil, false
	case function == "cache_get":
		if record := a.records[key]; !taped && record != nil {
			return record, true
		}
		return answer, taped
	case !taped:
		a.own[key] = true
		return nil, false
	}
	var set struct{ Record json.RawMessage }
	_ = json.Unmarshal(answer, &set) // an answer of the host's own
	a.records[key] = set.Record
	return answer, true
}

// Random implements [Outside].
func (a *answers) Random(message json.RawMessage) (json.RawMessage, bool) {
	return a.next("crypto_call", message)
}

// next takes the next answer of equal calls.
func (a *answers) next(function string, message json.RawMessage) (json.RawMessage, bool) {
	key := function + string(message)
	list := a.local[key]
	if len(list) == 0 {
		return nil, false
	}
	a.local[key] = list[1:]
	return list[0], true
}
