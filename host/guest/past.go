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
	byDigest map[digest][]*pastCall // that were not made again
	requests int                    // how many requests were not made again
	next     int                    // number of a request that is new
	same     substitutions
	cut      bool // a request is cut on a tape: it is known by the digest of its JSON
}

type digest [sha256.Size]byte

// pastCall is one call of an earlier attempt. A wait that brought an answer is not among
// them: that is part of the request.
type pastCall struct {
	digest  digest
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
// or everything is too old.
func newPast(earlier []host.EarlierAttempt, maxAge time.Duration) *past {
	var p *past
	for i := range earlier {
		p = p.then(&earlier[i])
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
	equal := p.byDigest[d]
	if len(equal) == 0 {
		return nil
	}
	i := max(0, slices.IndexFunc(equal, func(c *pastCall) bool { return c.request != nil && answers(c.request) }))
	for _, c := range equal[:i+1] {
		c.made = true
		if c.request != nil {
			p.requests--
		}
	}
	p.byDigest[d] = equal[i+1:]
	return equal[i]
}

func (p *past) add(c *pastCall) {
	p.calls = append(p.calls, c)
	p.byDigest[c.digest] = append(p.byDigest[c.digest], c)
	if c.request != nil {
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

// digest returns the digest of all that a receiver can see of a request.
func (q *httpRequest) digest() digest {
	h := sha256.New()
	part := func(s string) {
		var n [8]byte
		binary.LittleEndian.PutUint64(n[:], uint64(len(s)))
		_, _ = h.Write(n[:])
		_, _ = h.Write([]byte(s))
	}
	part(q.method())
	part(q.URL)
	part(q.Redirect)
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
	if q.BodyBase64 != nil {
		part(string(q.BodyBase64))
	} else {
		part(q.Body)
	}
	return digest(h.Sum(nil))
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
