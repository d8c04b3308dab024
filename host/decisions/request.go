package decisions

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

// bodyTimeout is how long a body may take to arrive.
const bodyTimeout = 10 * time.Second

// request is what was read of one request.
type request struct {
	trigger     host.Trigger
	wait        time.Duration // of Prefer; 0: none
	preferred   string        // that preference as it was sent
	key         string        // of Idempotency-Key, with who sent it; "" for none
	traceparent string
	body        []byte
}

// read reads the header and the body.
func (r *request) read(c echo.Context, maxBytes int64) error {
	q := c.Request()
	if r.trigger = host.Trigger(c.Param("trigger")); !r.trigger.Decides() {
		return otherTrigger(r.trigger)
	}
	if q.URL.RawQuery != "" {
		return invalid("this path takes no query parameters", "send how long you wait as Prefer: wait=2, and an idempotency key in the header Idempotency-Key")
	}
	if err := checkType(q.Header); err != nil {
		return err
	}
	if err := r.readKey(c, q.Header); err != nil {
		return err
	}
	r.readPrefer(q.Header)
	r.traceparent = web.Traceparent(q.Header)
	return r.readBody(c, maxBytes)
}

func otherTrigger(t host.Trigger) error {
	if t.Valid() {
		return &host.Error{
			Code: host.Refused, Text: fmt.Sprintf("actions of %s run in the background, and decide nothing", t),
			Hint: "send the event to POST /v1/events/" + string(t),
		}
	}
	return &host.Error{Code: host.NotFound, Text: fmt.Sprintf("there is no trigger %q", string(t)), Hint: "the triggers that decide are: " + deciding()}
}

// deciding lists the triggers that decide.
func deciding() string {
	var names []string
	for _, t := range host.Triggers() {
		if t.Decides() {
			names = append(names, string(t))
		}
	}
	return strings.Join(names, ", ")
}

// checkType refuses what is not one event as JSON.
func checkType(header http.Header) error {
	if coding := header.Get(echo.HeaderContentEncoding); coding != "" && !strings.EqualFold(coding, "identity") {
		return unsupported("the body has a content coding; only identity is accepted", "send the body uncompressed")
	}
	kind, _, _ := strings.Cut(header.Get(echo.HeaderContentType), ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	switch {
	case strings.HasPrefix(kind, "application/cloudevents"), header.Get("Ce-Specversion") != "":
		return unsupported("CloudEvents are not accepted here: they report what has happened, and this event asks for a decision", "send the event itself as application/json")
	case kind == "", kind == echo.MIMEApplicationJSON, kind == "text/json", kind == echo.MIMETextPlain, strings.HasSuffix(kind, "+json"):
		return nil
	}
	return unsupported(fmt.Sprintf("the Content-Type %q is not accepted here", kind), "send the event as application/json")
}

// readKey reads the Idempotency-Key. Keys of different API keys have nothing to do with
// one another.
func (r *request) readKey(c echo.Context, header http.Header) error {
	key, err := web.IdempotencyKey(header)
	if key != "" {
		r.key = strconv.Itoa(len(r.trigger)) + string(r.trigger) + web.KeyFrom(c).ID + " " + key
	}
	return err
}

// readPrefer reads the preference wait of RFC 7240, in seconds; a fraction is fine. One
// that can't be read is ignored, as all preferences may be.
func (r *request) readPrefer(header http.Header) {
	for _, line := range header["Prefer"] {
		for preference := range strings.FieldsFuncSeq(line, func(c rune) bool { return c == ',' || c == ';' }) {
			name, value, _ := strings.Cut(strings.TrimSpace(preference), "=")
			if r.wait != 0 || !strings.EqualFold(strings.TrimSpace(name), "wait") {
				continue
			}
			value = strings.Trim(strings.TrimSpace(value), `"`)
			if seconds, err := strconv.ParseFloat(value, 64); err == nil && seconds > 0 && seconds < math.MaxInt32 {
				r.wait, r.preferred = max(time.Duration(seconds*float64(time.Second)), time.Millisecond), "wait="+value
			}
		}
	}
}

func (r *request) readBody(c echo.Context, maxBytes int64) error {
	q := c.Request()
	tooLarge := &host.Error{
		Code: host.TooLarge, Text: fmt.Sprintf("the event has more than %d bytes", maxBytes),
		Hint: "leave out large data: actions can fetch it themselves",
	}
	if q.ContentLength > maxBytes {
		return tooLarge
	}
	control := http.NewResponseController(c.Response())
	_ = control.SetReadDeadline(time.Now().Add(bodyTimeout)) // a connection without deadlines has other bounds
	var into bytes.Buffer
	into.Grow(int(max(q.ContentLength, 511)) + 1) // and one byte for the end
	_, err := into.ReadFrom(io.LimitReader(q.Body, maxBytes+1))
	_ = control.SetReadDeadline(time.Time{})
	switch {
	case int64(into.Len()) > maxBytes:
		return tooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return invalid("the body arrived too slowly; no action has run", "send the request again without a pause in its body")
	case err != nil:
		return invalid("the body ended before its end; no action has run", "send the request again")
	}
	r.body = bytes.TrimPrefix(into.Bytes(), []byte("\xef\xbb\xbf"))
	return nil
}

func invalid(text, hint string) *host.Error {
	return &host.Error{Code: host.Invalid, Text: text, Hint: hint}
}

func unsupported(text, hint string) *host.Error {
	return &host.Error{Code: host.Unsupported, Text: text, Hint: hint}
}
