package decisions

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"

	"github.com/usherhost/usher/host"
)

// keep is how long the decision of an Idempotency-Key is answered again.
const keep = 10 * time.Minute

// repeats are the decisions of idempotency keys, in the memory of this host: the first
// request with a key runs the flow, and those that come meanwhile wait for it. A flow
// that gave no decision leaves nothing, so that the next request runs it.
type repeats struct {
	maxBytes int64
	salt     [32]byte // of fingerprints: a body may have a password

	mu    sync.Mutex
	held  map[string]*repeated // guarded by mu
	order []*repeated          // guarded by mu: the first expires first; some are gone
	bytes int64                // guarded by mu: of all in held
}

// repeated is the flow of one key.
type repeated struct {
	key         string
	fingerprint [32]byte
	expires     time.Time
	done        chan struct{} // closed when body or err is set
	body        []byte
	err         error
}

// repeatBytes is what an entry takes besides its key and its body.
const repeatBytes = 256

func newRepeats(maxBytes int64) *repeats {
	r := &repeats{maxBytes: maxBytes, held: map[string]*repeated{}}
	_, _ = rand.Read(r.salt[:]) // never fails: crypto/rand ends the process first
	return r
}

// answer returns the answer that the request's key has, or runs the flow. Another body
// under the same key is KeyReused.
func (r *repeats) answer(ctx context.Context, q *request, run func() ([]byte, error)) (body []byte, repeat bool, err error) {
	if q.key == "" {
		body, err = run()
		return body, false, err
	}
	h := sha256.New()
	h.Write(r.salt[:])
	h.Write(q.body)
	fingerprint := [32]byte(h.Sum(nil))
	for {
		entry, first, err := r.enter(q.key, fingerprint)
		if err != nil {
			return nil, false, err
		}
		if first {
			r.run(entry, run)
			return entry.body, false, entry.err
		}
		select {
		case <-entry.done:
		case <-ctx.Done():
			return nil, false, ctx.Err()
		}
		if entry.err == nil {
			return entry.body, true, nil
		}
		// The one that ran gave no decision. Its request has the error; this one tries.
	}
}

// enter returns the flow of a key, and whether the caller is to run it.
func (r *repeats) enter(key string, fingerprint [32]byte) (entry *repeated, first bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.expire(time.Now())
	if entry = r.held[key]; entry != nil {
		if entry.fingerprint != fingerprint {
			return nil, false, &host.Error{
				Code: host.KeyReused, Text: "the idempotency key was used before with another body; no action has run",
				Hint: "use a new key for another event, or send the first body again",
			}
		}
		return entry, false, nil
	}
	if r.bytes >= r.maxBytes {
		return nil, false, &host.Error{
			Code: host.Unavailable, RetryAfter: max(time.Until(r.order[0].expires), time.Second),
			Text: "too many idempotency keys were used in the last ten minutes; no action has run",
			Hint: "send the event again after Retry-After, or without a key",
		}
	}
	entry = &repeated{key: key, fingerprint: fingerprint, expires: time.Now().Add(keep), done: make(chan struct{})}
	r.held[key] = entry
	r.order = append(r.order, entry)
	r.bytes += int64(len(key)) + repeatBytes
	return entry, true, nil
}

// run runs the flow of an entry. A panic leaves no entry that others wait for.
func (r *repeats) run(entry *repeated, run func() ([]byte, error)) {
	entry.err = context.Canceled
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if entry.err != nil {
			r.drop(entry)
		} else {
			r.bytes += int64(len(entry.body))
		}
		close(entry.done)
	}()
	entry.body, entry.err = run()
}

// expire drops what is over. A flow that still runs stays.
func (r *repeats) expire(now time.Time) {
	for len(r.order) > 0 {
		entry := r.order[0]
		if r.held[entry.key] == entry {
			if now.Before(entry.expires) || !isDone(entry) {
				return
			}
			r.bytes -= int64(len(entry.body))
			r.drop(entry)
		}
		r.order[0] = nil
		r.order = r.order[1:]
	}
}

func (r *repeats) drop(entry *repeated) {
	if r.held[entry.key] == entry {
		delete(r.held, entry.key)
		r.bytes -= int64(len(entry.key)) + repeatBytes
	}
}

func isDone(entry *repeated) bool {
	select {
	case <-entry.done:
		return true
	default:
		return false
	}
}
