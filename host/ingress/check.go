package ingress

import (
	"cmp"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/proto"
)

// check checks every event and returns them as the store takes them.
func check(r *delivery) ([]host.NewEvent, error) {
	events := make([]host.NewEvent, len(r.items))
	now := time.Now().UTC()
	keys := keyer{delivery: r}
	var fields []host.Field
	for i := range r.items {
		it := &r.items[i]
		about, violations := proto.CheckEvent(string(r.trigger), it.body)
		for _, v := range violations {
			fields = append(fields, host.Field{Pointer: it.pointer + v.Pointer, Detail: v.Detail})
		}
		if len(fields) >= maxFields {
			fields = fields[:maxFields]
			break
		}
		event := &events[i]
		event.Event = host.Event{
			Tenant: about.Tenant, Trigger: r.trigger, UserID: about.UserID, Body: it.body,
			Traceparent: cmp.Or(it.traceparent, r.traceparent), ReceivedAt: now,
		}
		keys.set(event, i)
	}
	if len(fields) > 0 {
		if err := checkJSON(r.body); err != nil {
			return nil, err
		}
		return nil, malformed("the event does not fit "+string(r.trigger), fields)
	}
	return events, nil
}
