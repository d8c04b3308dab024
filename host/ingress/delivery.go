package ingress

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
)

// The media types that events come in.
const (
	typeJSON       = "application/json"
	typeCloudEvent = "application/cloudevents+json"
	typeCloudBatch = "application/cloudevents-batch+json"
	typeForm       = "application/x-www-form-urlencoded"
	typeText       = "text/plain" // what browsers and HTTP clients say of a text, JSON or not
)

// acceptedTypes are those to name to a sender; more are understood.
var acceptedTypes = strings.Join([]string{typeJSON, typeCloudEvent, typeCloudBatch}, ", ")

// form is how a request wraps its events.
type form int

const (
	formPlain      form = iota // the event itself or a CloudEvent with it, or an array of such
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

// readHeader fills r with all that is known before the body: the trigger and
// the query of the path, and the header.
func (r *delivery) readHeader(trigger, query string, header http.Header) error {
	if r.trigger = host.Trigger(trigger); !r.trigger.Valid() {
		r.trigger = ""
		return unknownTrigger(trigger)
	}
	if query != "" {
		return unknownParameters(query)
	}
	if err := r.readForm(header); err != nil {
		return err
	}
	var err error
	if r.key, err = idempotencyKey(header); err != nil {
		return err
	}
	r.traceparent = traceparentOf(header["Traceparent"])
	return nil
}

// readForm tells from the header how the events are wrapped. What is not said
// to be another format is taken for JSON; whether it is, the body shows.
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
// It reads what mime.ParseMediaType gives up: a parameter without a value or
// given twice, and a header that a proxy joined of two.
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
