package guest

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/usherhost/usher/host"
)

// past is what the earlier attempts of a run's step have left: their calls, in the order
// in which the run is expected to make them again. A call that it makes is found by its
// digest, each once. Of a request that had succeeded there is the answer.
//
// Several attempts make one past: the calls of the latest, and behind them what it did
// not make again of those before it.
type past struct {
	seed     []byte    // of the guest's random numbers; nil: none were taken
	start    time.Time // of the guest's clock
	calls    []*pastCall
	byDigest map[digest][]*pastCall
	byIntent map[digest][]*pastCall // of requests
	byTarget map[digest][]*pastCall // of requests
	requests int                    // how many requests were not made again
	next     int                    // number of a request that is new
	same     substitutions
	cut      bool // a request is cut on a tape: it is known by the digest of its JSON
	refused  bool // the run starts afresh, and has nothing from here but keys; see [past.refuse]
}

type digest [sha256.Size]byte

// pastCall is one call of an earlier attempt. A wait that brought an answer is not among
// them: that is part of the request.
type pastCall struct {
	digests               // the whole alone of a call that sends no request
	made    bool          // the run has made it again
	end     time.Duration // the guest's clock after it
	order   int           // among the calls
	request *pastRequest  // nil of other calls

	// answer is that of a call of the cache or of cryptography, if a run that does the
	// same must have it again to go on in the same way.
	answer json.RawMessage
}

// pastRequest is what more is known of a call that sent a request.
type pastRequest struct {
	number  int           // of its Idempotency-Key: which request it was of the attempt that made it first
	attempt int           // that sent it
	status  int           // 0: there was no response
	answer  *httpAnswer   // of a response
	asked   time.Duration // the guest's clock when it made the request
	taken   time.Duration // the guest's clock when it had the answer
	order   int           // among the calls, of the one that took the answer
	at      time.Time     // when the answer came in truth
	stored  bool          // it may be answered from here: it succeeded, and is whole, and not marked no-store
}

// fresh reports whether the run may have the answer still.
func (q *pastRequest) fresh(maxAge time.Duration) bool { return q.stored && time.Since(q.at) <= maxAge }

// newPast returns what a run resumes from, nil when it starts afresh: nothing was sent,
// or everything is too old. After a refusal it starts afresh with the keys that are known.
func newPast(earlier []host.EarlierAttempt, maxAge time.Duration) *past {
	var p *past
	for i := range earlier {
		p = p.then(&earlier[i])
	}
	if p != nil && p.refused {
		return p
	}
	if p == nil || p.requests == 0 {
		return nil
	}
	for _, c := range p.calls {
		if c.request != nil && time.Since(c.request.at) <= maxAge {
			return p
		}
	}
	return nil
}

// find returns the call that is made now, nil when no earlier attempt made it. Of equal
// requests it prefers one that is answered from here, since those before it had failed.
func (p *past) find(d digest, answers func(*pastRequest) bool) *pastCall {
	equal := notMade(p.byDigest, d)
	if len(equal) == 0 {
		return nil
	}
	i := max(0, slices.IndexFunc(equal, func(c *pastCall) bool { return c.request != nil && answers(c.request) }))
	for _, c := range equal[:i+1] {
		p.make(c)
	}
	return equal[i]
}

// digests are those of a request: of all that a receiver can see of it, of all but its
// headers, and of its method and URL.
type digests struct{ whole, intent, target digest }

// identify returns what a request was in the past, nil when no earlier attempt made it, and
// whether that is equal. If only headers differ, as one that is signed again, it is the same
// request to its receiver: so it has its key, and is sent. A run that was refused has another
// time and other random numbers: there the body may differ too.
func (p *past) identify(d digests, answers func(*pastRequest) bool) (found *pastCall, equal bool) {
	if found = p.find(d.whole, answers); found != nil {
		return found, true
	}
	same := notMade(p.byIntent, d.intent)
	if len(same) == 0 && p.refused {
		same = notMade(p.byTarget, d.target)
	}
	if len(same) == 0 {
		return nil, false
	}
	p.make(same[0])
	return same[0], false
}

// refuse returns what a run has of the past after one that had resumed and was refused: the
// keys of its requests, so that an equal one has the same, and no other one does.
func (p *past) refuse() *past {
	refused := &past{refused: true, next: p.next, cut: p.cut}
	for _, c := range p.calls {
		if c.request != nil {
			refused.add(&pastCall{digests: c.digests, request: &pastRequest{number: c.request.number}})
		}
	}
	return refused
}

func notMade(in map[digest][]*pastCall, d digest) []*pastCall {
	calls := slices.DeleteFunc(in[d], func(c *pastCall) bool { return c.made })
	if len(calls) > 0 {
		in[d] = calls
	} else {
		delete(in, d)
	}
	return slices.Clip(calls)
}

// make notes that the run makes a call again.
func (p *past) make(c *pastCall) {
	c.made = true
	if c.request != nil {
		p.requests--
	}
}

func (p *past) newNumber() int {
	p.next++
	return p.next - 1
}

func (p *past) add(c *pastCall) {
	if p.byDigest == nil {
		p.byDigest, p.byIntent, p.byTarget = map[digest][]*pastCall{}, map[digest][]*pastCall{}, map[digest][]*pastCall{}
	}
	p.calls = append(p.calls, c)
	p.byDigest[c.whole] = append(p.byDigest[c.whole], c)
	if c.request != nil {
		p.byIntent[c.intent] = append(p.byIntent[c.intent], c)
		p.byTarget[c.target] = append(p.byTarget[c.target], c)
		p.requests++
	}
}

// callDigest is the digest of a call that sends no request.
func (p *past) callDigest(function string, request json.RawMessage) digest {
	h := sha256.New()
	_, _ = h.Write([]byte(function + "\x00"))
	_, _ = h.Write(p.same.replaceIn(request))
	return digest(h.Sum(nil))
}

func (q *httpRequest) digests() (d digests) {
	h := sha256.New()
	part := func(s string) {
		var n [8]byte
		binary.LittleEndian.PutUint64(n[:], uint64(len(s)))
		_, _ = h.Write(n[:])
		_, _ = h.Write([]byte(s))
	}
	part(q.method())
	part(q.URL)
	d.target = digest(h.Sum(nil))
	part(q.Redirect)
	if q.BodyBase64 != nil {
		part(string(q.BodyBase64))
	} else {
		part(q.Body)
	}
	d.intent = digest(h.Sum(nil))
	headers := http.Header{}
	for name, values := range q.Headers {
		name = strings.ToLower(name)
		headers[name] = append(headers[name], values...)
	}
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		part(name)
		for _, value := range headers[name] {
			part(value)
		}
		part("\x00")
	}
	d.whole = digest(h.Sum(nil))
	return d
}

// cutDigest is the digest of a request that is cut on a tape, which has that of its JSON.
func cutDigest(sum []byte) digest { return sha256.Sum256(append([]byte("cut\x00"), sum...)) }

func (q *httpRequest) method() string {
	if q.Method == "" {
		return http.MethodGet
	}
	return strings.ToUpper(q.Method)
}

// isSafe reports whether a method changes nothing at the receiver (RFC 9110, section
// 9.2.1), so that a request may be sent again.
func isSafe(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return false
}

// stored reports whether an answer may stand for that to an equal request later.
func (a *httpAnswer) stored() bool {
	if a.Status < 200 || a.Status >= 400 || a.reportsFailure() {
		return false
	}
	for name, values := range a.Headers {
		if !strings.EqualFold(name, "Cache-Control") {
			continue
		}
		for directive := range strings.SplitSeq(strings.Join(values, ","), ",") {
			name, _, _ := strings.Cut(directive, "=")
			if strings.EqualFold(strings.TrimSpace(name), "no-store") {
				return false
			}
		}
	}
	return true
}

// reportsFailure reports whether the JSON of a response with the status of a success says
// that there was none, as those of some APIs do.
func (a *httpAnswer) reportsFailure() bool {
	if a.Body == nil || !strings.HasPrefix(strings.TrimLeft(*a.Body, " \t\r\n"), "{") {
		return false
	}
	var said struct {
		OK      any `json:"ok"`
		Success any `json:"success"`
		Errors  any `json:"errors"`
	}
	if json.Unmarshal([]byte(*a.Body), &said) != nil {
		return false
	}
	errors, _ := said.Errors.([]any)
	return said.OK == false || said.Success == false || len(errors) > 0
}
