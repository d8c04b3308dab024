// Package web is what all HTTP of the host has in common: the echo server with
// request ids, access log and panic recovery, errors as RFC 9457 problems, hints
// in words, API keys, limits, and a listener that drains. What a path does is the
// business of the packages that register it.
package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
)

// HeaderRequestID carries the id that the answer, its problem and the access
// log share. A sender's own id is kept when it is 1 to 64 of A-Z a-z 0-9 . _ -.
const HeaderRequestID = "X-Request-Id"

const (
	requestIDPrefix   = "req_"
	maxRequestIDBytes = 64
	maxLoggedPath     = 200
	quietContextKey   = "web.quiet"
)

// NewEcho returns an echo that answers errors with [HandleError], gives every
// request an id, logs every answer to log (see [Quiet]) and turns a panic into
// a 500. What answers GET answers HEAD too, and may write its body then: net/http
// drops it. Addresses are those of the connection; see [TrustProxies].
func NewEcho(log *slog.Logger) *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = HandleError(log)
	e.IPExtractor = echo.ExtractIPDirect()
	e.OnAddRouteHandler = func(_ string, r echo.Route, h echo.HandlerFunc, m []echo.MiddlewareFunc) {
		if r.Method == http.MethodGet {
			e.HEAD(r.Path, h, m...)
		}
	}
	e.Use((&observer{log: log}).middleware)
	return e
}

// TrustProxies makes e take a client's address from X-Forwarded-For, as far as
// the hops that added to it are inside networks; without networks it changes
// nothing. Call it before e serves.
func TrustProxies(e *echo.Echo, networks ...netip.Prefix) {
	if len(networks) == 0 {
		return
	}
	options := []echo.TrustOption{
		echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false),
	}
	for _, network := range networks {
		options = append(options, echo.TrustIPRange(ipNet(network)))
	}
	e.IPExtractor = echo.ExtractIPFromXFFHeader(options...)
}

// Quiet lowers the access log of c's success to debug level, as that of every
// GET is: for paths that are called thousands of times a second.
func Quiet(c echo.Context) { c.Set(quietContextKey, true) }

// RequestID returns the id of c's request; "" outside of [NewEcho].
func RequestID(c echo.Context) string { return c.Response().Header().Get(HeaderRequestID) }

// Listed is items, never null in JSON.
func Listed[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

// observer is the outermost layer: it sees each request from first to last.
type observer struct {
	log *slog.Logger
}

// Header values that every answer has; shared, so that they cost nothing.
var (
	noSniff = []string{"nosniff"}
	noStore = []string{"no-store"}
)

func (o *observer) middleware(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := time.Now()
		header := c.Response().Header()
		header["X-Content-Type-Options"] = noSniff
		header["Cache-Control"] = noStore
		header.Set(HeaderRequestID, requestID(c.Request()))
		err := safely(next, c)
		if err != nil {
			c.Error(err)
		}
		o.logAccess(c, start, err)
		return nil
	}
}

// requestID takes the sender's id when it may be logged and sent back.
func requestID(r *http.Request) string {
	id := r.Header.Get(HeaderRequestID)
	if id == "" || len(id) > maxRequestIDBytes {
		return host.NewID(requestIDPrefix)
	}
	for i := range len(id) {
		if !isIDByte(id[i]) {
			return host.NewID(requestIDPrefix)
		}
	}
	return id
}

func isIDByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' ||
		b == '.' || b == '_' || b == '-'
}

// safely returns a panic of next as an Internal error with the stack.
func safely(next echo.HandlerFunc, c echo.Context) (err error) {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		if cause, ok := r.(error); ok && errors.Is(cause, http.ErrAbortHandler) {
			panic(r) // net/http's own way to abort an answer
		}
		err = &host.Error{Code: host.Internal, Err: fmt.Errorf("panic: %v\n%s", r, debug.Stack())}
	}()
	return next(c)
}

// logAccess writes the access log without bodies, headers and query strings, which
// hold personal data and keys.
func (o *observer) logAccess(c echo.Context, start time.Time, err error) {
	ctx, r, answer := c.Request().Context(), c.Request(), c.Response()
	level := levelOf(c, answer.Status)
	if !o.log.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 10)
	attrs = append(attrs,
		slog.String("method", r.Method),
		slog.String("path", shorten(r.URL.Path)),
		slog.Int("status", answer.Status),
		slog.Int64("bytes", answer.Size),
		slog.Duration("took", time.Since(start)),
		slog.String("remote", c.RealIP()),
		slog.String("request_id", RequestID(c)),
	)
	if key := KeyFrom(c); key.ID != "" {
		attrs = append(attrs, slog.String("key_id", key.ID))
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	o.log.LogAttrs(ctx, level, "request", attrs...)
}

func levelOf(c echo.Context, status int) slog.Level {
	quiet, _ := c.Get(quietContextKey).(bool)
	switch {
	case status >= 500:
		return slog.LevelError
	case status >= 400:
		return slog.LevelInfo
	case quiet || c.Request().Method == http.MethodGet || c.Request().Method == http.MethodHead:
		return slog.LevelDebug
	default:
		return slog.LevelInfo
	}
}

func shorten(path string) string {
	if len(path) <= maxLoggedPath {
		return path
	}
	return strings.ToValidUTF8(path[:maxLoggedPath], "") + "…"
}

// gone reports whether err means that the client disconnected.
func gone(c echo.Context, err error) bool {
	return c.Request().Context().Err() != nil && errors.Is(err, context.Canceled)
}
