package ingress

import (
	"mime"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

// The media types that events come in.
const (
	typeJSON       = "application/json"
	typeCloudEvent = "application/cloudevents+json"
	typeCloudBatch = "application/cloudevents-batch+json"
)

// form is how a request wraps its events.
type form int

const (
	formPlain      form = iota // the event itself, or an array of events
	formStructured             // a CloudEvent with the event in its data
	formBatch                  // an array of such
	formBinary                 // the event itself, with its CloudEvent in the headers
)

// delivery is one request with all that it brings.
type delivery struct {
	trigger     host.Trigger
	form        form
	batch       bool   // several events, even if it is one; plain JSON shows it in its first byte
	key         string // of Idempotency-Key
	traceparent string
	body        []byte
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

// readHeader fills r with all that is known before the body.
func (r *delivery) readHeader(c echo.Context) error {
	name := c.Param("trigger")
	if r.trigger = host.Trigger(name); !r.trigger.Valid() {
		r.trigger = ""
		return unknownTrigger(name)
	}
	if c.Request().URL.RawQuery != "" {
		return unknownParameters(c.QueryParams())
	}
	header := c.Request().Header
	if err := r.readForm(c, header); err != nil {
		return err
	}
	var err error
	if r.key, err = idempotencyKey(header); err != nil {
		return err
	}
	r.traceparent = traceparentOf(header["Traceparent"])
	return nil
}

func (r *delivery) readForm(c echo.Context, header http.Header) error {
	binary := isBinary(header)
	accepted := []string{typeJSON, typeCloudEvent, typeCloudBatch}
	if binary {
		accepted = alsoSuffixed(accepted, header.Get(echo.HeaderContentType))
	}
	kind, err := web.RequireType(c, accepted...)
	switch {
	case err != nil:
		return err
	case kind == typeCloudEvent:
		r.form = formStructured
	case kind == typeCloudBatch:
		r.form, r.batch = formBatch, true
	case binary:
		r.form = formBinary
	}
	return nil
}

// alsoSuffixed adds a type such as application/vnd.acme+json, which a
// CloudEvent's data may have.
func alsoSuffixed(accepted []string, given string) []string {
	kind, _, err := mime.ParseMediaType(given)
	if err == nil && isJSONType(kind) && !strings.HasPrefix(kind, "application/cloudevents") {
		return append(accepted, kind)
	}
	return accepted
}

func isJSONType(kind string) bool {
	return kind == typeJSON || kind == "text/json" || strings.HasSuffix(kind, "+json")
}

// traceparentOf returns the W3C trace context that values hold, "" when there
// is none or it is not valid: a broken one is no reason to refuse an event.
func traceparentOf(values []string) string {
	if len(values) != 1 || !validTraceparent(values[0]) {
		return ""
	}
	return values[0]
}

const (
	traceparentBytes    = len("00-0123456789abcdef0123456789abcdef-0123456789abcdef-00")
	maxTraceparentBytes = 256 // of a version that is not known yet
)

func validTraceparent(s string) bool {
	if len(s) < traceparentBytes || len(s) > maxTraceparentBytes {
		return false
	}
	version, trace, span, flags := s[0:2], s[3:35], s[36:52], s[53:55]
	if s[2] != '-' || s[35] != '-' || s[52] != '-' || version == "ff" {
		return false
	}
	if len(s) > traceparentBytes && (version == "00" || s[traceparentBytes] != '-') {
		return false
	}
	return isHex(version) && isHex(flags) && isHex(trace) && isHex(span) &&
		strings.Trim(trace, "0") != "" && strings.Trim(span, "0") != ""
}

func isHex(s string) bool {
	for i := range len(s) {
		if (s[i] < '0' || s[i] > '9') && (s[i] < 'a' || s[i] > 'f') {
			return false
		}
	}
	return true
}
