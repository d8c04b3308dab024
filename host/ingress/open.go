package ingress

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/proto"
)

// maxFields bounds the list of what is wrong; the sender mends that first.
const maxFields = 100

// open splits the body into its events and takes them out of their CloudEvents.
// A body that is one event goes to examine as it is: that reads it anyway.
func (d *door) open(header http.Header, r *delivery) error {
	if err := r.checkEncoding(); err != nil {
		return err
	}
	if r.batch || r.form == formStructured || r.form == formPlain && mayBeCloudEvent(r.body) {
		if err := checkJSON(r.body); err != nil {
			return err
		}
	}
	if err := d.split(r); err != nil {
		return err
	}
	if fields := r.unwrap(header); len(fields) > 0 {
		return malformed("the CloudEvent does not fit the specification", fields)
	}
	return nil
}

// unwrap takes the events out of their CloudEvents.
func (r *delivery) unwrap(header http.Header) []host.Field {
	if r.form == formBinary {
		return r.items[0].readHeaders(header)
	}
	var fields []host.Field
	for i := range r.items {
		it := &r.items[i]
		if r.form != formPlain || isCloudEvent(it.body) {
			fields = append(fields, it.unwrap()...)
		}
		if len(fields) >= maxFields {
			break
		}
	}
	return fields
}

// checkEncoding takes off a byte order mark, which says what is so anyway, and
// refuses other encodings of text than UTF-8 by their names.
func (r *delivery) checkEncoding() error {
	r.body = trimMark(r.body)
	if name := foreignUnicode(r.body); name != "" {
		return invalid("the body is in "+name, "JSON is sent in UTF-8; check how the sender encodes text")
	}
	if r.foreign == "" {
		return nil
	}
	if at := slices.IndexFunc(r.body, func(c byte) bool { return c >= 0x80 }); at >= 0 {
		return &host.Error{
			Code: host.Unsupported,
			Text: fmt.Sprintf("the Content-Type names the charset %q, and the body has more than ASCII %s", r.foreign, position(r.body, at)),
			Hint: "send the body in UTF-8, and say so: application/json",
		}
	}
	return nil
}

func (d *door) split(r *delivery) error {
	if !r.batch {
		r.items = []item{{body: r.body}}
		return nil
	}
	if firstByte(r.body) != '[' {
		return malformed("the batch is not an array", []host.Field{{Detail: "must be an array of CloudEvents"}})
	}
	count := 0
	for range elements(r.body) {
		count++
	}
	if count > d.limits.BatchItems {
		return tooManyItems(count, d.limits.BatchItems)
	}
	r.items = make([]item, 0, count)
	for raw := range elements(r.body) {
		pointer := "/" + strconv.Itoa(len(r.items))
		if int64(len(raw)) > d.limits.EventBytes {
			e := eventTooLarge(d.limits.EventBytes)
			e.Fields = []host.Field{{Pointer: pointer, Detail: fmt.Sprintf("has %d bytes", len(raw))}}
			return e
		}
		r.items = append(r.items, item{body: raw, pointer: pointer})
	}
	return nil
}

// examine checks every event, and makes of each what the store takes.
func examine(r *delivery) ([]host.NewEvent, error) {
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
			Traceparent: first(it.traceparent, r.traceparent), ReceivedAt: now,
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

func malformed(text string, fields []host.Field) error {
	return &host.Error{
		Code: host.Invalid, Text: text, Fields: fields,
		Hint: "errors lists what is wrong, each with a JSON pointer into the body; nothing was stored",
	}
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
