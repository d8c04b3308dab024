package ingress

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/usherhost/usher/host"
)

var errWrongCount = errors.New("the store did not answer for every event")

// storeError returns the store's error for the sender. When the store did not
// report whether the events were stored, the hint says that it is safe to send
// them again.
func storeError(ctx context.Context, err error, r *delivery) error {
	refusal, ok := errors.AsType[*host.Error](err)
	switch {
	case ok && !r.batch && len(refusal.Fields) > 0: // these point into a list that the sender did not send
		single := *refusal
		single.Fields = nil
		return fmt.Errorf("accept event: %w", &single)
	case ok || ctx.Err() == nil:
		return fmt.Errorf("accept events: %w", err)
	}
	return &host.Error{
		Code: host.Unavailable, RetryAfter: time.Second, Err: err,
		Text: "the store did not answer in time; the events may be stored or not",
		Hint: "send the same request again: events that were stored are answered with their ids and are not stored twice",
	}
}

func overloaded(what string) error {
	return &host.Error{
		Code: host.Overloaded, RetryAfter: time.Second,
		Text: "too many " + what + " of this sender at once; nothing was stored",
		Hint: "send again after Retry-After, with fewer requests at the same time",
	}
}

func unknownTrigger(name string) error {
	return &host.Error{
		Code: host.NotFound,
		Text: fmt.Sprintf("there is no trigger %q", name),
		Hint: "the triggers are: " + host.TriggerNames(),
	}
}

// decides refuses an event whose sender must wait for the answer. It may have passwords,
// and its code keeps it from being stored as a refused event.
func decides(t host.Trigger) error {
	return &host.Error{
		Code: host.NotFound,
		Text: fmt.Sprintf("events of %s are not accepted to be run later: their sender waits for a decision", t),
		Hint: "send the event to POST /v1/decisions/" + string(t),
	}
}

// unknownParameters leaves out the values: one may be a key in the wrong place.
func unknownParameters(query string) error {
	values, _ := url.ParseQuery(query) // of what can't be parsed, the rest
	return &host.Error{
		Code: host.Invalid,
		Text: fmt.Sprintf("unknown query parameters: %q", slices.Sorted(maps.Keys(values))),
		Hint: "this path takes no query parameters; send an idempotency key in the header Idempotency-Key",
	}
}

func eventTooLarge(limit int64) *host.Error {
	return &host.Error{
		Code: host.TooLarge,
		Text: fmt.Sprintf("the event has more than %d bytes", limit),
		Hint: "leave out large data: actions can fetch it themselves",
	}
}

func batchTooLarge(limit int64) *host.Error {
	return &host.Error{
		Code: host.TooLarge,
		Text: fmt.Sprintf("the batch has more than %d bytes", limit),
		Hint: "send it in several batches",
	}
}

// bodyTooLarge is for a body that is refused before its first byte shows whether
// it is a batch.
func bodyTooLarge(announced int64, l Limits) *host.Error {
	return &host.Error{
		Code: host.TooLarge,
		Text: fmt.Sprintf("the body has %d bytes; an event may have %d and a batch %d", announced, l.EventBytes, l.BatchBytes),
		Hint: "send it in several batches",
	}
}

func tooManyItems(n, limit int) error {
	return &host.Error{
		Code: host.TooLarge,
		Text: fmt.Sprintf("the batch has %d events; the limit is %d", n, limit),
		Hint: "send it in several batches",
	}
}

func invalid(text, hint string) *host.Error {
	return &host.Error{Code: host.Invalid, Text: text, Hint: hint}
}

func unsupportedCoding(coding string) error {
	return &host.Error{
		Code: host.Unsupported,
		Text: fmt.Sprintf("the body has the content coding %q; only identity is accepted", shorten(coding)),
		Hint: "send the body uncompressed",
	}
}

func unsupportedType(given, kind string) error {
	hint := "send one of: " + acceptedTypes + " (UTF-8)"
	if kind == typeForm {
		hint += "; curl sends a form unless the header names another type: -H 'Content-Type: application/json'"
	}
	return &host.Error{
		Code: host.Unsupported,
		Text: fmt.Sprintf("the Content-Type %q is not accepted here", shorten(given)),
		Hint: hint,
	}
}

// maxQuoted bounds what an error repeats of a header.
const maxQuoted = 100

func shorten(s string) string {
	if len(s) <= maxQuoted {
		return s
	}
	return strings.ToValidUTF8(s[:maxQuoted], "") + "…"
}

func malformed(text string, fields []host.Field) error {
	return &host.Error{
		Code: host.Invalid, Text: text, Fields: fields,
		Hint: "errors lists what is wrong, each with a JSON pointer into the body; nothing was stored",
	}
}
