package web

import (
	"cmp"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/text"
)

// statusClientGone is nginx's status for a client that disconnected before the
// answer: it is only in the access log.
const statusClientGone = 499

// statuses are how each code is answered over HTTP.
var statuses = map[host.Code]int{
	host.Invalid:          http.StatusBadRequest,
	host.Unauthorized:     http.StatusUnauthorized,
	host.Forbidden:        http.StatusForbidden,
	host.NotFound:         http.StatusNotFound,
	host.MethodNotAllowed: http.StatusMethodNotAllowed,
	host.Conflict:         http.StatusConflict,
	host.Stale:            http.StatusPreconditionFailed,
	host.TooLarge:         http.StatusRequestEntityTooLarge,
	host.Unsupported:      http.StatusUnsupportedMediaType,
	host.KeyReused:        http.StatusUnprocessableEntity,
	host.Refused:          http.StatusUnprocessableEntity,
	host.Overloaded:       http.StatusTooManyRequests,
	host.Internal:         http.StatusInternalServerError,
	host.Unavailable:      http.StatusServiceUnavailable,
	host.Fenced:           http.StatusConflict,
	host.Corrupt:          http.StatusInternalServerError,
}

// HandleError returns the one place where errors become answers: a
// [host.Error] by its code, echo's own errors by their status, and anything
// else as a 500 whose cause is only logged. 429, 500 and 503 always have a
// Retry-After.
func HandleError(log *slog.Logger) echo.HTTPErrorHandler {
	return func(err error, c echo.Context) {
		if c.Response().Committed {
			log.LogAttrs(c.Request().Context(), slog.LevelWarn, "answer was interrupted",
				slog.String("request_id", RequestID(c)), slog.Any("error", err))
			return
		}
		if gone(c, err) {
			c.Response().Status = statusClientGone
			return
		}
		e := toHost(err)
		if werr := writeProblem(c, e); werr != nil {
			log.LogAttrs(c.Request().Context(), slog.LevelDebug, "write problem",
				slog.String("request_id", RequestID(c)), slog.Any("error", werr))
		}
	}
}

func writeProblem(c echo.Context, e *host.Error) error {
	p := problemOf(e)
	p.RequestID = RequestID(c)
	header := c.Response().Header()
	header.Set("Link", "<"+ReferencePath+"/"+strings.TrimPrefix(p.Type, host.ProblemBase)+`>; rel="help"`)
	if p.Status == http.StatusTooManyRequests || p.Status >= http.StatusInternalServerError {
		header.Set(echo.HeaderRetryAfter, text.RetryAfter(cmp.Or(e.RetryAfter, waitAfter[p.Status])))
	}
	if c.Request().Method == http.MethodHead {
		return c.NoContent(p.Status)
	}
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return c.Blob(p.Status, host.ProblemType, append(body, '\n'))
}

// ProblemOf returns err as HandleError answers it, for what is not the answer itself.
func ProblemOf(err error) host.ProblemDetails { return problemOf(toHost(err)) }

func problemOf(e *host.Error) host.ProblemDetails {
	code := e.Code
	status, ok := statuses[code]
	if !ok {
		code, status = host.Internal, http.StatusInternalServerError
	}
	p := host.ProblemDetails{
		Type:   host.ProblemBase + problemName(code),
		Title:  http.StatusText(status),
		Status: status,
		Detail: e.Text,
		Hint:   Hint(e.Hint, e.Fix),
		Errors: e.Fields,
	}
	if p.Detail == "" && status >= http.StatusInternalServerError {
		p.Detail = "an internal error occurred"
		p.Hint = "the host's log has the cause under this request_id"
	}
	return p
}

// waitAfter is the Retry-After of errors without one: an internal error will hardly
// be gone in a second.
var waitAfter = map[int]time.Duration{http.StatusInternalServerError: 30 * time.Second}

// toHost gives every error a code. A cause that was not made for callers is in
// Err, which is only logged.
func toHost(err error) *host.Error {
	if e, ok := errors.AsType[*host.Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge(e.Limit, err)
	}
	if e, ok := errors.AsType[*echo.HTTPError](err); ok {
		return fromEcho(e)
	}
	return &host.Error{Code: host.Internal, Err: err}
}

// fromEcho translates what echo's router and helpers return.
func fromEcho(e *echo.HTTPError) *host.Error {
	text, _ := e.Message.(string)
	switch e.Code {
	case http.StatusNotFound:
		return &host.Error{
			Code: host.NotFound, Err: e,
			Text: "there is no such path", Hint: "GET /v1/openapi.yaml lists all paths",
		}
	case http.StatusMethodNotAllowed:
		return &host.Error{
			Code: host.MethodNotAllowed, Err: e,
			Text: "method not allowed for this path", Hint: "the Allow header lists its methods",
		}
	case http.StatusUnauthorized:
		return &host.Error{Code: host.Unauthorized, Text: text, Err: e}
	case http.StatusForbidden:
		return &host.Error{Code: host.Forbidden, Text: text, Err: e}
	case http.StatusRequestEntityTooLarge:
		return &host.Error{Code: host.TooLarge, Text: text, Err: e}
	case http.StatusUnsupportedMediaType:
		return &host.Error{Code: host.Unsupported, Text: text, Err: e}
	case http.StatusTooManyRequests:
		return &host.Error{Code: host.Overloaded, Text: text, Err: e}
	case http.StatusServiceUnavailable:
		return &host.Error{Code: host.Unavailable, Text: text, Err: e}
	}
	if e.Code >= http.StatusBadRequest && e.Code < http.StatusInternalServerError {
		return &host.Error{Code: host.Invalid, Text: text, Err: e}
	}
	return &host.Error{Code: host.Internal, Err: e}
}

// The bounds of what is stored and reported of an error's fields.
const (
	maxStoredFields = 20
	maxFieldBytes   = 300
)

// FirstFields returns the first fields of an error, as they are stored and reported.
func FirstFields(fields []host.Field) []host.Field {
	var first []host.Field
	for _, f := range fields[:min(len(fields), maxStoredFields)] {
		first = append(first, host.Field{Pointer: text.Cut(f.Pointer, maxFieldBytes), Detail: text.Cut(f.Detail, maxFieldBytes)})
	}
	return first
}
