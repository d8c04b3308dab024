package ingress

import (
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
	typeForm       = "application/x-www-form-urlencoded"
	typeText       = "text/plain" // what browsers and HTTP clients send for a string, JSON or not
)

// acceptedTypes are those that an error names; more are accepted.
var acceptedTypes = strings.Join([]string{typeJSON, typeCloudEvent, typeCloudBatch}, ", ")

// readHeader fills r with all that is known before the body: the trigger and
// the query of the path, and the header.
func (r *delivery) readHeader(trigger, query string, header http.Header) error {
	if r.trigger = host.Trigger(trigger); !r.trigger.Valid() {
		r.trigger = ""
		return unknownTrigger(trigger)
	}
	if r.trigger.Decides() {
		r.trigger = ""
		return decides(host.Trigger(trigger))
	}
	if query != "" {
		return unknownParameters(query)
	}
	if err := r.readForm(header); err != nil {
		return err
	}
	var err error
	if r.key, err = web.IdempotencyKey(header); err != nil {
		return err
	}
	r.traceparent = web.Traceparent(header)
	return nil
}

// readForm reads from the header how the events are wrapped. Unless the header
// names another format, the body is assumed to be JSON, and checked later.
func (r *delivery) readForm(header http.Header) error {
	if coding := header.Get(echo.HeaderContentEncoding); coding != "" && !strings.EqualFold(coding, "identity") {
		return unsupportedCoding(coding)
	}
	given := header.Get(echo.HeaderContentType)
	kind, charset := contentType(given)
	switch {
	case kind == typeCloudEvent:
		r.form = formStructured
	case kind == typeCloudBatch:
		r.form, r.batch = formBatch, true
	case !isJSONType(kind) && kind != "" && kind != typeText, strings.HasPrefix(kind, "application/cloudevents"):
		return unsupportedType(given, kind)
	case isBinary(header):
		r.form = formBinary
	}
	switch charset {
	case "", "utf-8", "utf8", "us-ascii", "ascii":
	case "iso-8859-1", "latin1", "windows-1252":
		r.foreign = charset
	default:
		return unsupportedType(given, kind)
	}
	return nil
}

// contentType returns the media type of a header and its charset, in lower case.
// It reads what mime.ParseMediaType refuses: a parameter without a value or
// given twice, and a header that a proxy joined from two.
func contentType(given string) (kind, charset string) {
	if given == typeJSON { // the common case
		return given, ""
	}
	kind, rest, _ := strings.Cut(given, ";")
	kind, _, _ = strings.Cut(kind, ",")
	for parameter := range strings.FieldsFuncSeq(rest, func(c rune) bool { return c == ';' || c == ',' }) {
		name, value, _ := strings.Cut(parameter, "=")
		if strings.EqualFold(strings.TrimSpace(name), "charset") {
			charset = strings.ToLower(strings.Trim(value, " \t\"'"))
		}
	}
	return strings.ToLower(strings.TrimSpace(kind)), charset
}

func isJSONType(kind string) bool {
	return kind == typeJSON || kind == "text/json" || strings.HasSuffix(kind, "+json")
}
