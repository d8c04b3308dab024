package ingress

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
)

// firstRead is where the buffer of a body begins, however much is announced:
// memory is taken for what has arrived.
const firstRead = 4 << 10

// readBody reads the body up to its limit: that of one event, until the first
// byte shows a batch. A body that is too large is refused before it is read, or
// as soon as that is known.
func (h *handler) readBody(c echo.Context, r *delivery, held *holding) error {
	announced := c.Request().ContentLength
	if err := h.refuseAnnounced(announced, r); err != nil {
		return err
	}
	b := &buffer{source: c.Request().Body, held: held, pace: newPace(c.Response(), h.limits.BodyTimeout)}
	b.grow(startSize(announced, h.limits.EventBytes))
	for b.err == nil && int64(len(b.bytes)) != announced {
		b.read()
		r.batch = r.batch || r.form == formPlain && b.first == '['
		limit := h.limitOf(r)
		if int64(len(b.bytes)) > limit || b.first != 0 && announced > limit {
			return tooLarge(r, limit)
		}
		if b.err == nil && len(b.bytes) == cap(b.bytes) && int64(len(b.bytes)) != announced {
			b.grow(b.next(announced, limit))
		}
	}
	if b.err != nil && !errors.Is(b.err, io.EOF) {
		return b.failure()
	}
	b.pace.end()
	r.sent, r.body = b.bytes, b.bytes
	r.whole = announced < 0 || int64(len(b.bytes)) == announced
	return nil
}

func startSize(announced, limit int64) int64 {
	if announced < 0 {
		return min(firstRead, limit+1)
	}
	return min(firstRead, announced, limit)
}

// refuseAnnounced refuses a body whose Content-Length is too large.
func (h *handler) refuseAnnounced(announced int64, r *delivery) error {
	if r.form == formPlain && announced > max(h.limits.BatchBytes, h.limits.EventBytes) {
		return bodyTooLarge(announced, h.limits)
	}
	if limit := h.limitOf(r); r.form != formPlain && announced > limit {
		return tooLarge(r, limit)
	}
	return nil
}

func (h *handler) limitOf(r *delivery) int64 {
	if r.batch {
		return h.limits.BatchBytes
	}
	return h.limits.EventBytes
}

func tooLarge(r *delivery, limit int64) error {
	if r.batch {
		return batchTooLarge(limit)
	}
	return eventTooLarge(limit)
}

// buffer reads source into memory that held accounts for.
type buffer struct {
	source io.Reader
	held   *holding
	pace   pace
	bytes  []byte
	first  byte // that is not white space or a byte order mark; 0 until it came
	err    error
}

func (b *buffer) read() {
	have := len(b.bytes)
	b.pace.wait(have)
	n, err := b.source.Read(b.bytes[have:cap(b.bytes)])
	b.bytes, b.err = b.bytes[:have+n], err
	for i := have; b.first == 0 && i < len(b.bytes); i++ {
		if !isSpace(b.bytes[i]) && (i >= len(byteOrderMark) || b.bytes[i] != byteOrderMark[i]) {
			b.first = b.bytes[i]
		}
	}
}

// failure is the error of a body that did not arrive whole.
func (b *buffer) failure() error {
	if _, ours := errors.AsType[*host.Error](b.err); ours {
		return b.err
	}
	if errors.Is(b.err, os.ErrDeadlineExceeded) {
		return &host.Error{
			Code: host.Invalid, Err: b.err,
			Text: fmt.Sprintf("the body arrived too slowly: %d bytes in %s; nothing was stored", len(b.bytes), time.Since(b.pace.began).Round(time.Second)),
			Hint: "send the request again without a pause in its body",
		}
	}
	return &host.Error{
		Code: host.Invalid, Err: b.err,
		Text: fmt.Sprintf("the body ended after %d bytes, before its end; nothing was stored", len(b.bytes)),
		Hint: "send the request again",
	}
}

// grow makes room for size bytes in all, which is more than there is.
func (b *buffer) grow(size int64) {
	if !b.held.grow(size - int64(cap(b.bytes))) {
		b.err = overloaded("bytes of events")
		return
	}
	bigger := make([]byte, len(b.bytes), size)
	copy(bigger, b.bytes)
	b.bytes = bigger
}

// next is the size to grow to: double, and never more than what was announced or
// one byte over the limit, which is enough to see that it is broken.
func (b *buffer) next(announced, limit int64) int64 {
	double := min(2*int64(cap(b.bytes)), limit+1)
	if announced > int64(cap(b.bytes)) {
		return min(announced, double)
	}
	return double
}

const (
	bodyBytesPerSecond = 8 << 10
	maxBodyTime        = time.Minute // as long as package web lets any request come in
)

// pace ends the reading of a body that stalls or arrives very slowly: it holds
// memory that other requests need.
type pace struct {
	conn  *http.ResponseController
	grace time.Duration
	began time.Time
}

func newPace(w http.ResponseWriter, grace time.Duration) pace {
	return pace{conn: http.NewResponseController(w), grace: grace, began: time.Now()}
}

// wait gives the next read the time that the bytes read so far have earned.
func (p pace) wait(bytes int) {
	worth := time.Duration(bytes) * time.Second / bodyBytesPerSecond
	_ = p.conn.SetReadDeadline(p.began.Add(min(p.grace+worth, maxBodyTime))) // a test's recorder has none
}

// end is for a body that arrived whole. Any other keeps its deadline: the rest of
// it is read after the answer.
func (p pace) end() { _ = p.conn.SetReadDeadline(time.Time{}) }
