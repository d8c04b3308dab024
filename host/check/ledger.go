package check

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/usherhost/usher/host"
)

// fault is what an attempt meets.
type fault struct {
	*injection         // nil: none
	at         int     // the request
	target     string  // also at every later request with this target; "": at that one alone
	before     *ledger // of the attempt before, with resume; nil: nothing is taken from it
}

// sent is a request of an attempt.
type sent struct {
	name     string
	changes  bool // it is not safe to repeat
	message  json.RawMessage
	key      string // its Idempotency-Key
	arrived  arrival
	answer   json.RawMessage
	unstored bool // its answer is not taken for a later attempt: Cache-Control: no-store
}

// ledger answers an attempt, and has what it sent. It is for one attempt.
type ledger struct {
	*answers
	fault  *fault
	latest time.Duration // that an answer may take
	asked  int
	sent   []sent
	resume []sent // of the attempt before: what is answered from it
}

// takeOver lets what had succeeded in the attempt before be answered from it.
func (l *ledger) takeOver(before *ledger) {
	if before == nil {
		return
	}
	for _, s := range before.sent {
		if s.arrived == arrived && !s.unstored && succeeded(s.answer) {
			l.resume = append(l.resume, s)
		}
	}
}

// HTTP implements [Outside].
func (l *ledger) HTTP(n int, message json.RawMessage, at time.Duration) (json.RawMessage, time.Duration, bool) {
	f := l.fault
	if f != nil && f.injection != nil && f.crash && l.asked > f.at {
		return nil, 0, false
	}
	number := l.asked
	l.asked++
	answer, took, ok := l.answers.HTTP(n, message, at)
	if i := slices.IndexFunc(l.resume, func(s sent) bool { return string(s.message) == string(message) }); i >= 0 {
		answer = l.resume[i].answer
		l.resume = slices.Delete(l.resume, i, i+1)
		return answer, took, ok
	}
	q := requestOf(message)
	s := sent{name: requestEffect(&host.Call{Request: message}).name, message: message, arrived: arrived}
	s.changes = !slices.Contains([]string{"GET", "HEAD", "OPTIONS"}, q.method())
	s.key = l.keyOf(&q, message)
	if f != nil && f.injection != nil && (number == f.at || f.target == s.name && number > f.at) {
		s.arrived = f.arrived
		if f.answer != nil {
			answer = f.answer
		}
		if f.slow {
			took = max(took, l.latest)
		}
	}
	s.answer, s.unstored = answer, noStore(answer)
	l.sent = append(l.sent, s)
	return answer, took, ok
}

// keyOf returns the request's Idempotency-Key: the guest's, or what the host makes of the
// request and of how many equal ones came before.
func (l *ledger) keyOf(q *request, message json.RawMessage) string {
	if key := folded(q.Headers)["idempotency-key"]; len(key) > 0 {
		return key[0]
	}
	equal := 0
	for i := range l.sent {
		if string(l.sent[i].message) == string(message) {
			equal++
		}
	}
	return fmt.Sprintf("%d %s", equal, message)
}

// count returns how many requests with a target have reached their receiver at least so
// surely.
func (l *ledger) count(name string, least arrival) (n int) {
	for i := range l.sent {
		if l.sent[i].name == name && l.sent[i].arrived >= least {
			n++
		}
	}
	return n
}

// changing returns the targets of the requests that are not safe to repeat, each once.
func (l *ledger) changing() []string {
	names := map[string]bool{}
	for i := range l.sent {
		if l.sent[i].changes {
			names[l.sent[i].name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// head is what a campaign looks at of an answer.
type head struct {
	Status  int                 `json:"status"`
	Headers map[string][]string `json:"headers"`
}

func headOf(answer json.RawMessage) (h head) {
	_ = json.Unmarshal(answer, &h) // an answer of the host's own
	return h
}

func succeeded(answer json.RawMessage) bool {
	status := headOf(answer).Status
	return status >= 200 && status < 400
}

func noStore(answer json.RawMessage) bool {
	return slices.ContainsFunc(headOf(answer).Headers["cache-control"], func(value string) bool {
		return strings.Contains(strings.ToLower(value), "no-store")
	})
}
