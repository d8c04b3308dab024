package ingress

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/usherhost/usher/host"
)

// maxFields bounds the list of what is wrong; the sender fixes that first.
const maxFields = 100

// open splits the body into its events and takes them out of their CloudEvents.
// A body that is one event is not parsed here: check parses it anyway.
func (h *handler) open(header http.Header, r *delivery) error {
	if err := r.checkEncoding(); err != nil {
		return err
	}
	if r.batch || r.form == formStructured || r.form == formPlain && mayBeCloudEvent(r.body) {
		if err := checkJSON(r.body); err != nil {
			return err
		}
	}
	if err := h.split(r); err != nil {
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

// checkEncoding removes a byte order mark and refuses encodings other than UTF-8,
// naming them.
func (r *delivery) checkEncoding() error {
	r.body = trimMark(r.body)
	if name := foreignUnicode(r.body); name != "" {
		return invalid("the body is in "+name, "JSON must be UTF-8; check how the sender encodes text")
	}
	if r.foreign == "" {
		return nil
	}
	if at := slices.IndexFunc(r.body, func(c byte) bool { return c >= 0x80 }); at >= 0 {
		return &host.Error{
			Code: host.Unsupported,
			Text: fmt.Sprintf("the Content-Type names the charset %q, and the body has a character beyond ASCII %s", r.foreign, position(r.body, at)),
			Hint: "send the body in UTF-8, with the Content-Type application/json",
		}
	}
	return nil
}

func (h *handler) split(r *delivery) error {
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
	if count > h.limits.BatchItems {
		return tooManyItems(count, h.limits.BatchItems)
	}
	r.items = make([]item, 0, count)
	for raw := range elements(r.body) {
		pointer := "/" + strconv.Itoa(len(r.items))
		if int64(len(raw)) > h.limits.EventBytes {
			e := eventTooLarge(h.limits.EventBytes)
			e.Fields = []host.Field{{Pointer: pointer, Detail: fmt.Sprintf("has %d bytes", len(raw))}}
			return e
		}
		r.items = append(r.items, item{body: raw, pointer: pointer})
	}
	return nil
}
