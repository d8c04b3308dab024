package ingress

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/types"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

// cloudHeaderPrefix begins the headers of CloudEvents in binary mode.
const cloudHeaderPrefix = "Ce-"

// envelope collects a CloudEvent's attributes and all that is wrong with them.
// The rules are the SDK's. Its parser is not used: it loses the exact bytes of
// data that is not JSON, ignores what follows the object, and panics on some
// malformed data_base64.
type envelope struct {
	context     event.EventContextV1
	specVersion string
	traceparent string
	errors      event.ValidationError
}

func newEnvelope() *envelope { return &envelope{errors: event.ValidationError{}} }

func (e *envelope) fail(name, detail string) { e.errors[name] = errors.New(detail) }

// set takes one attribute: a string, or for extensions a number or boolean
// too. Nil counts as not set.
func (e *envelope) set(name string, value any) {
	text, isText := value.(string)
	switch name {
	case "specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema":
		switch unprintable := host.Unprintable(text); {
		case unprintable != "":
			e.fail(name, unprintable)
		case isText:
			e.setText(name, text)
		case value != nil:
			e.fail(name, "must be a string")
		}
	default:
		if err := e.context.SetExtension(name, value); err != nil {
			e.fail(name, err.Error())
		}
		if name == "traceparent" && isText && web.ValidTraceparent(text) {
			e.traceparent = text
		}
	}
}

// setText sets an attribute that is a string. An optional one that is empty counts
// as missing: senders fill in a template.
func (e *envelope) setText(name, text string) {
	switch name {
	case "specversion":
		e.specVersion = text
	case "id":
		e.context.ID = text
	case "type":
		e.context.Type = text
	case "source":
		if source := types.ParseURIRef(text); source != nil {
			e.context.Source = *source
		} else {
			e.fail(name, "must be a non-empty URI reference")
		}
	default:
		if text != "" {
			e.setOptional(name, text)
		}
	}
}

func (e *envelope) setOptional(name, text string) {
	switch name {
	case "subject":
		e.context.Subject = &text
	case "datacontenttype":
		e.context.DataContentType = &text
	case "dataschema":
		if e.context.DataSchema = types.ParseURI(text); e.context.DataSchema == nil {
			e.fail(name, "must be an absolute URI")
		}
	case "time":
		at, err := types.ParseTimestamp(text)
		if err != nil || at == nil {
			e.fail(name, "must be a time as in RFC 3339, such as 2026-01-31T12:00:00Z")
		} else {
			e.context.Time = at
		}
	}
}

// check returns all that is wrong, by attribute name.
func (e *envelope) check() event.ValidationError {
	switch e.specVersion {
	case event.CloudEventsVersionV1:
	case "":
		e.fail("specversion", `is missing; must be "1.0"`)
	default:
		e.fail("specversion", `must be "1.0"`)
	}
	for name, err := range e.context.Validate() {
		if _, known := e.errors[name]; known {
			continue
		}
		switch name {
		case "id", "source", "type": // the SDK's own text does not say that it is missing
			err = errors.New("is missing or empty")
		}
		e.errors[name] = err
	}
	return e.errors
}

// isJSONData reports whether datacontenttype is a JSON type, or missing, which
// means JSON.
func (e *envelope) isJSONData() bool {
	if e.context.DataContentType == nil {
		return true
	}
	kind, _ := contentType(*e.context.DataContentType)
	return isJSONType(kind)
}

// mayBeCloudEvent is a quick check, true for every CloudEvent.
func mayBeCloudEvent(text []byte) bool { return bytes.Contains(text, []byte(`"specversion"`)) }

// isCloudEvent reports whether an object that was not sent as a CloudEvent is one:
// it has a specversion and no user, which every event has.
func isCloudEvent(object []byte) bool {
	if firstByte(object) != '{' || !mayBeCloudEvent(object) {
		return false
	}
	named := false
	for name := range members(object) {
		switch string(name) {
		case `"specversion"`:
			named = true
		case `"user"`:
			return false
		}
	}
	return named
}

// unwrap replaces an item that is a CloudEvent by the event in its data.
func (it *item) unwrap() []host.Field {
	if firstByte(it.body) != '{' {
		return []host.Field{{Pointer: it.pointer, Detail: "must be a CloudEvent, which is an object"}}
	}
	e, data := newEnvelope(), make(map[string][]byte, 1)
	seen := make(map[string]bool, 8)
	for quoted, raw := range members(it.body) {
		var name string
		_ = json.Unmarshal(quoted, &name) // it is a valid JSON string
		if seen[name] {
			e.fail(name, "is given twice")
		}
		seen[name] = true
		if name == "data" || name == "data_base64" {
			data[name] = raw
			continue
		}
		var value any
		_ = json.Unmarshal(raw, &value) // a number too large stays nil
		e.set(name, value)
	}
	body, from := e.data(data)
	fields := fieldsOf(it.pointer, e.check())
	it.take(e, body)
	it.pointer += "/" + from
	return fields
}

// data returns the event's exact bytes, and the member they were in.
func (e *envelope) data(given map[string][]byte) (body []byte, from string) {
	plain, encoded := given["data"], given["data_base64"]
	if string(plain) == "null" {
		plain = nil
	}
	if string(encoded) == "null" {
		encoded = nil
	}
	switch {
	case !e.isJSONData():
		e.fail("datacontenttype", "must be JSON: application/json, or a type that ends with +json")
	case plain != nil && encoded != nil:
		e.fail("data_base64", "must not be given together with data")
	case encoded != nil:
		return e.decode(encoded), "data_base64"
	case plain == nil:
		e.fail("data", "is missing; the event goes there")
	}
	return plain, "data"
}

func (e *envelope) decode(encoded []byte) []byte {
	var body []byte
	if encoded[0] != '"' || json.Unmarshal(encoded, &body) != nil {
		e.fail("data_base64", "must be a string in base64")
		return nil
	}
	body = trimMark(body)
	if err := checkJSON(body); err != nil {
		e.fail("data_base64", "does not hold an event: "+err.Error())
	}
	return body
}

// readHeaders reads the CloudEvent that is in a request's headers; the body is
// the event already.
func (it *item) readHeaders(header http.Header) []host.Field {
	e := newEnvelope()
	for name, values := range header {
		attribute, ok := strings.CutPrefix(name, cloudHeaderPrefix)
		if !ok {
			continue
		}
		attribute = strings.ToLower(attribute)
		if len(values) > 1 {
			e.fail(attribute, "is there twice")
			continue
		}
		value, ok := headerValue(values[0])
		if !ok {
			e.fail(attribute, "must be percent-encoded UTF-8")
			continue
		}
		e.set(attribute, value)
	}
	var fields []host.Field
	for _, f := range fieldsOf("", e.check()) {
		fields = append(fields, host.Field{Detail: "header ce-" + f.Pointer[1:] + ": " + f.Detail})
	}
	it.take(e, it.body)
	return fields
}

// headerValue decodes a value as the HTTP binding of CloudEvents says: quotes
// first, then percent-encoding.
func headerValue(s string) (string, bool) {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = unquote(s[1 : len(s)-1])
	}
	s = percentDecode(s)
	return s, utf8.ValidString(s)
}

// percentDecode decodes what is percent-encoded. A percent sign that begins no
// such sequence stands for itself.
func percentDecode(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if b, err := hex.DecodeString(s[i+1 : i+3]); err == nil {
				out.WriteByte(b[0])
				i += 2
				continue
			}
		}
		out.WriteByte(s[i])
	}
	return out.String()
}

func unquote(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		out.WriteByte(s[i])
	}
	return out.String()
}

func (it *item) take(e *envelope, body []byte) {
	it.cloud, it.body = true, body
	it.id, it.source = e.context.ID, e.context.Source.String()
	it.traceparent = e.traceparent
}

// isBinary reports whether the header carries a CloudEvent. One required attribute
// is enough, so that a missing other is reported and not ignored.
func isBinary(header http.Header) bool {
	return header["Ce-Specversion"] != nil || header["Ce-Id"] != nil ||
		header["Ce-Source"] != nil || header["Ce-Type"] != nil
}

// fieldsOf lists errors by name, with pointers below prefix.
func fieldsOf(prefix string, errs event.ValidationError) []host.Field {
	fields := make([]host.Field, 0, len(errs))
	for name, err := range errs {
		fields = append(fields, host.Field{Pointer: prefix + host.Pointer(name), Detail: err.Error()})
	}
	slices.SortFunc(fields, func(a, b host.Field) int { return strings.Compare(a.Pointer, b.Pointer) })
	return fields
}
