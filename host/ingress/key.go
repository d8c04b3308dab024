package ingress

import (
	"crypto/sha256"
	"net/http"
	"strconv"

	"github.com/usherhost/usher/host"
)

// headerIdempotencyKey is how a sender names a request, so that a repeat of it
// is known for one.
const headerIdempotencyKey = "Idempotency-Key"

const maxIdempotencyKeyBytes = 256

// The kinds of keys. Each has its own space: what one sender writes into a
// header can't be taken for what another's CloudEvent says.
const (
	kindExplicit = "key"
	kindBatch    = "batch"
	kindCloud    = "cloudevent"
	kindUser     = "user"
)

// idempotencyKey returns the header's value, "" when there is none.
func idempotencyKey(header http.Header) (string, error) {
	values := header[headerIdempotencyKey]
	if len(values) == 0 {
		return "", nil
	}
	if len(values) == 1 && visible(values[0]) {
		return values[0], nil
	}
	return "", invalid("the header Idempotency-Key is not valid",
		"send it once, with 1 to 256 visible ASCII characters, such as a UUID")
}

func visible(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= maxIdempotencyKeyBytes
}

// keyer gives the events of one delivery the keys that tell a repeat: the
// Idempotency-Key, else a CloudEvent's source and id, else the user, who
// registers once. Keys hold for a trigger, whoever sends.
type keyer struct {
	delivery *delivery
	whole    *[32]byte // hash of the delivery's body, once it is needed
}

func (k *keyer) set(e *host.NewEvent, index int) {
	r, it := k.delivery, &k.delivery.items[index]
	switch {
	case r.key != "" && r.batch:
		e.Key = joinKey(kindBatch, r.trigger, r.key, strconv.Itoa(index))
		e.Fingerprint, e.Strict = k.wholeBody(), true
	case r.key != "":
		e.Key = joinKey(kindExplicit, r.trigger, r.key, "")
		e.Fingerprint, e.Strict = sha256.Sum256(it.body), true
	case it.cloud:
		e.Key = joinKey(kindCloud, r.trigger, it.source, it.id)
		e.Fingerprint, e.Strict = sha256.Sum256(it.body), true
	default:
		e.Key = joinKey(kindUser, r.trigger, e.Tenant, e.UserID)
	}
}

// wholeBody makes every item of a batch answer for all of them: under the same
// key, a batch that was changed anywhere is refused as a whole.
func (k *keyer) wholeBody() [32]byte {
	if k.whole == nil {
		sum := sha256.Sum256(k.delivery.body)
		k.whole = &sum
	}
	return *k.whole
}

// joinKey writes the parts so that no two sets of parts give the same key: the
// length of a tells where b begins.
func joinKey(kind string, trigger host.Trigger, a, b string) string {
	return kind + ":" + string(trigger) + ":" + strconv.Itoa(len(a)) + ":" + a + ":" + b
}
