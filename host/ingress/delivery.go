package ingress

import (
	"github.com/usherhost/usher/host"
)

// form is how a request wraps its events.
type form int

const (
	formPlain      form = iota // the event itself or a CloudEvent with it, or an array of such
	formStructured             // a CloudEvent with the event in its data
	formBatch                  // an array of such
	formBinary                 // the event itself, with its CloudEvent in the headers
)

// delivery is one request and what was read from it so far.
type delivery struct {
	trigger     host.Trigger
	form        form
	batch       bool   // several events, even if it is one; plain JSON shows it in its first byte
	key         string // of Idempotency-Key
	traceparent string
	foreign     string // a charset that is UTF-8 only while the text is ASCII
	sent        []byte // the body as it came
	whole       bool   // that was all of it
	body        []byte // without a byte order mark
	items       []item
}

// item is one event of a delivery.
type item struct {
	body        []byte // the event; a part of the delivery's body
	pointer     string // where it is in the delivery's body
	cloud       bool   // it came as a CloudEvent, with the two below
	source, id  string
	traceparent string
}
