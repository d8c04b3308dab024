package storetest

import (
	"fmt"
	"time"

	"github.com/usherhost/usher/host"
)

var refusedEventPromises = []promise{
	{"a refused event is kept with its reason, also over a restart", refusedEventIsKept},
	{"refused events are listed newest first, page by page and by key", refusedEventsAreListed},
	{"a refused event is gone when it has expired", refusedEventExpires},
	{"the oldest refused events go first when there are too many", refusedEventsAreCounted},
	{"the oldest refused events go first when they take too much", refusedEventsAreWeighed},
	{"one key's refused events push out no other's", refusedEventsOfAKey},
}

var manyRefusedEvents = host.RefusedEventLimits{Count: 1000, Bytes: 1 << 30, KeyCount: 1000, KeyBytes: 1 << 30}

// refused makes a refused event with a number in its id.
func refused(n int, key string) host.RefusedEvent {
	now := time.Now().UTC().Truncate(time.Microsecond)
	return host.RefusedEvent{
		ID: fmt.Sprintf("ref_%05d", n), Trigger: host.PostUserRegistration, KeyID: key, Code: host.Invalid, Detail: "does not fit", Hint: "look",
		Errors: []host.Field{{Pointer: "/user", Detail: "is required"}}, ContentType: "application/json", SizeBytes: 1000, Kept: true,
		ReceivedAt: now, ExpiresAt: now.Add(time.Hour), Sealed: make([]byte, 1000),
	}
}

func (b *bench) refusedIDs(q host.RefusedEventQuery) []string {
	b.Helper()
	events, err := b.RefusedEvents(b.ctx, q)
	b.ok(err)
	ids := []string{}
	for _, e := range events {
		ids = append(ids, e.ID)
	}
	return ids
}

func (b *bench) keepRefused(limits host.RefusedEventLimits, key string, numbers ...int) {
	b.Helper()
	var events []host.RefusedEvent
	for _, n := range numbers {
		events = append(events, refused(n, key))
	}
	b.ok(b.KeepRefusedEvents(b.ctx, events, limits))
}

func refusedEventIsKept(b *bench) {
	e := refused(1, "key_a")
	bare := refused(2, "key_a")
	bare.Sealed, bare.Kept, bare.Errors = nil, false, nil
	b.ok(b.KeepRefusedEvents(b.ctx, []host.RefusedEvent{e, bare}, manyRefusedEvents))
	b.reopen(nil)
	got, err := b.RefusedEvent(b.ctx, e.ID)
	b.ok(err)
	b.equal("the refused event", got, e)
	got, err = b.RefusedEvent(b.ctx, bare.ID)
	b.ok(err)
	b.equal("the one that is not kept", got, bare)
	listed, err := b.RefusedEvents(b.ctx, host.RefusedEventQuery{})
	b.ok(err)
	e.Sealed = nil
	b.equal("listed", listed, []host.RefusedEvent{bare, e})
	b.ok(b.DeleteRefusedEvent(b.ctx, e.ID))
	b.ok(b.DeleteRefusedEvent(b.ctx, e.ID))
	_, err = b.RefusedEvent(b.ctx, e.ID)
	b.equal("code after it was deleted", host.CodeOf(err), host.NotFound)
}

func refusedEventsAreListed(b *bench) {
	b.keepRefused(manyRefusedEvents, "key_a", 1, 3, 5)
	b.keepRefused(manyRefusedEvents, "key_b", 2, 4)
	b.equal("all", b.refusedIDs(host.RefusedEventQuery{}), []string{"ref_00005", "ref_00004", "ref_00003", "ref_00002", "ref_00001"})
	b.equal("a page", b.refusedIDs(host.RefusedEventQuery{Before: "ref_00004", Limit: 2}), []string{"ref_00003", "ref_00002"})
	b.equal("of a key", b.refusedIDs(host.RefusedEventQuery{KeyID: "key_b"}), []string{"ref_00004", "ref_00002"})
	b.equal("of none", b.refusedIDs(host.RefusedEventQuery{KeyID: "key_c"}), []string{})
}

func refusedEventExpires(b *bench) {
	old, young := refused(1, "key_a"), refused(2, "key_a")
	old.ExpiresAt = time.Now().Add(-time.Second)
	b.ok(b.KeepRefusedEvents(b.ctx, []host.RefusedEvent{young}, manyRefusedEvents))
	b.ok(b.KeepRefusedEvents(b.ctx, []host.RefusedEvent{old}, manyRefusedEvents))
	b.ok(b.ExpireRefusedEvents(b.ctx))
	b.equal("left", b.refusedIDs(host.RefusedEventQuery{}), []string{young.ID})
	_, err := b.RefusedEvent(b.ctx, old.ID)
	b.equal("code", host.CodeOf(err), host.NotFound)
}

func refusedEventsAreCounted(b *bench) {
	limits := manyRefusedEvents
	limits.Count = 3
	b.keepRefused(limits, "key_a", 1, 2)
	b.keepRefused(limits, "key_b", 3, 4, 5)
	b.equal("left", b.refusedIDs(host.RefusedEventQuery{}), []string{"ref_00005", "ref_00004", "ref_00003"})
}

func refusedEventsAreWeighed(b *bench) {
	limits := manyRefusedEvents
	limits.Bytes = 4000
	b.keepRefused(limits, "key_a", 1, 2, 3, 4, 5)
	b.equal("left", b.refusedIDs(host.RefusedEventQuery{}), []string{"ref_00005", "ref_00004"})
}

func refusedEventsOfAKey(b *bench) {
	limits := manyRefusedEvents
	limits.KeyCount = 2
	b.keepRefused(limits, "key_a", 1)
	b.keepRefused(limits, "key_b", 2, 3, 4)
	b.equal("left by count", b.refusedIDs(host.RefusedEventQuery{}), []string{"ref_00004", "ref_00003", "ref_00001"})
	limits.KeyBytes = 2000
	b.keepRefused(limits, "key_b", 5)
	b.equal("left by bytes", b.refusedIDs(host.RefusedEventQuery{}), []string{"ref_00005", "ref_00001"})
}
