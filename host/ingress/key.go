package ingress

import (
	"crypto/sha256"
	"strconv"

	"github.com/usherhost/usher/host"
)

// The kinds of keys. Each has its own space, so that a header's value is never
// taken for a CloudEvent's id.
const (
	kindExplicit = "key"
	kindBatch    = "batch"
	kindCloud    = "cloudevent"
	kindUser     = "user"
)

// keyer gives the events of one delivery the keys by which a repeat is recognised:
// the Idempotency-Key, else a CloudEvent's source and id, else the user, who
// registers once. A key is valid for its trigger, for all senders.
type keyer struct {
	delivery *delivery
	whole    *[32]byte // hash of the delivery's body, once it is needed
}

// set gives an event its key. With Strict, the store refuses a repeat that has
// another fingerprint with host.KeyReused, which package web answers with 422.
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

// wholeBody is the fingerprint of every item of a batch: under the same key, a
// batch that was changed anywhere is refused as a whole.
func (k *keyer) wholeBody() [32]byte {
	if k.whole == nil {
		sum := sha256.Sum256(k.delivery.body)
		k.whole = &sum
	}
	return *k.whole
}

// joinKey joins the parts so that no two sets of parts give the same key: the
// length of a marks where b begins.
func joinKey(kind string, trigger host.Trigger, a, b string) string {
	return kind + ":" + string(trigger) + ":" + strconv.Itoa(len(a)) + ":" + a + ":" + b
}
