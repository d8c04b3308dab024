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

// storeError keeps what the store says to the sender. Where it can't say
// whether the events were stored, the sender is told that to send them again
// is safe.
func storeError(ctx context.Context, err error, r *delivery) error {
	told, ok := errors.AsType[*host.Error](err)
	switch {
	case ok && !r.batch && len(told.Fields) > 0: // these point into a list that the sender did not send
		single := *told
		single.Fields = nil
		return fmt.Errorf("accept event: %w", &single)
	case ok || ctx.Err() == nil:
		return fmt.Errorf("accept events: %w", err)
	}
	return &host.Error{
		Code: host.Unavailable, RetryAfter: time.Second, Err: err,
		Text: "the store did not answer in time; whether it has the events is not known",
		Hint: "send the same again: what was stored is answered with its ids, and not stored twice",
	}
}

func overloaded(what string) error {
	return &host.Error{
		Code: host.Overloaded, RetryAfter: time.Second,
		Text: "the host holds as many " + what + " at once as it may for this sender; nothing was stored",
		Hint: "send again after Retry-After, with fewer requests at the same time",
	}
}

func unknownTrigger(name string) error {
	return &host.Error{
		Code: host.NotFound,
		Text: fmt.Sprintf("there is no trigger %q", name),
		Hint: "the triggers are: " + knownTriggers(),
	}
}

// unknownParameters leaves out the values: one may be a key in the wrong place.
func unknownParameters(query string) error {
	values, _ := url.ParseQuery(query) // of what can't be parsed, the rest
	return &host.Error{
		Code: host.Invalid,
		Text: fmt.Sprintf("unknown query parameters: %q", slices.Sorted(maps.Keys(values))),
		Hint: "this path has none; an idempotency key goes into the header Idempotency-Key",
	}
}

func eventTooLarge(limit int64) *host.Error {
	return &host.Error{
		Code: host.TooLarge,
		Text: fmt.Sprintf("the event has more than %d bytes", limit),
		Hint: "send less of it: actions can fetch what is large themselves",
	}
}

func batchTooLarge(limit int64) *host.Error {
	return &host.Error{
		Code: host.TooLarge,
		Text: fmt.Sprintf("the batch has more than %d bytes", limit),
		Hint: "send it in several batches",
	}
}

// bodyTooLarge is for what can't be told from its first byte any more.
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
		Text: fmt.Sprintf("the batch has %d events, and may have %d", n, limit),
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
		hint += "; curl says that it sends a form unless told otherwise: -H 'Content-Type: application/json'"
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
