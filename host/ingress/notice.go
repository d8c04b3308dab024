package ingress

import (
	"cmp"
	"fmt"

	"github.com/usherhost/usher/host"
)

// notify reports an event of a sender with a valid key that was refused for its content.
// It names the fields that were wrong, and none of their values.
func (h *handler) notify(key string, r *delivery, refusedEventID string, err error) {
	if h.notifier == nil || key == "" || !host.CodeOf(err).AboutContent() {
		return
	}
	e := describe(r, err)
	n := host.Notice{
		Kind: host.NoticeEventRefused, Trigger: r.trigger, KeyID: key, RefusedEventID: refusedEventID, Code: e.Code, Errors: e.Errors,
		Summary: fmt.Sprintf("a request with an event of %s was refused: %s", cmp.Or(string(r.trigger), unknownName), e.Code.InWords()),
		Hint:    "correct the sender", Fix: host.FixListRefusedEvents.With(),
	}
	if refusedEventID != "" {
		n.Fix = host.FixSendCorrected.With(refusedEventID)
	}
	h.notifier.Notify(n)
}
