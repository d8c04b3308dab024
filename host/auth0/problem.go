package auth0

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/text"
	"github.com/usherhost/usher/host/web"
)

// problem is an error in the form in which Auth0 answers it.
type problem struct {
	Status  int    `json:"statusCode"`
	Title   string `json:"error"` // the status in words
	Message string `json:"message"`
	Code    string `json:"errorCode,omitempty"`

	retryAfter time.Duration
	cause      error
}

// Error returns the message, with the cause behind it.
func (p *problem) Error() string {
	if p.cause == nil {
		return p.Message
	}
	return p.Message + ": " + p.cause.Error()
}

// Unwrap returns the cause.
func (p *problem) Unwrap() error { return p.cause }

// The codes that a problem may have besides its status.
const (
	codeBody  = "invalid_body"
	codeQuery = "invalid_query_string"
	codePath  = "invalid_uri"
	codeScope = "insufficient_scope"
	codeRate  = "too_many_requests"
)

// statuses are the HTTP statuses of the host's codes. Refused is no 422, which
// Auth0 does not know: a client would take it for a fault of the server.
var statuses = map[host.Code]int{
	host.Invalid:      http.StatusBadRequest,
	host.Refused:      http.StatusBadRequest,
	host.Unauthorized: http.StatusUnauthorized,
	host.Forbidden:    http.StatusForbidden,
	host.NotFound:     http.StatusNotFound,
	host.Conflict:     http.StatusConflict,
	host.KeyReused:    http.StatusConflict,
	host.Stale:        http.StatusPreconditionFailed,
	host.TooLarge:     http.StatusRequestEntityTooLarge,
	host.Unsupported:  http.StatusUnsupportedMediaType,
	host.Overloaded:   http.StatusTooManyRequests,
	host.Unavailable:  http.StatusServiceUnavailable,
}

// answering answers what next returns in Auth0's form.
func (s *Server) answering(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		err := next(c)
		gone := errors.Is(err, context.Canceled) && c.Request().Context().Err() != nil
		if err == nil || gone || c.Response().Committed {
			return err
		}
		p := problemOf(err)
		if p.Status >= http.StatusInternalServerError {
			s.log().LogAttrs(c.Request().Context(), slog.LevelError, "request failed",
				slog.String("request_id", web.RequestID(c)), slog.Any("error", err))
		}
		if p.Status == http.StatusTooManyRequests || p.Status == http.StatusServiceUnavailable {
			c.Response().Header().Set(echo.HeaderRetryAfter, text.RetryAfter(p.retryAfter))
		}
		if c.Request().Method == http.MethodHead {
			return c.NoContent(p.Status)
		}
		return reply(c, p.Status, p)
	}
}

// problemOf gives every error Auth0's form. A cause that was not made for the
// outside is for the log alone.
func problemOf(err error) *problem {
	p := &problem{Status: http.StatusInternalServerError, Message: "An internal server error occurred", cause: err}
	if own, ok := errors.AsType[*problem](err); ok {
		p = own
	} else if e, ok := errors.AsType[*http.MaxBytesError](err); ok {
		p = tooLarge(e.Limit)
	} else if e, ok := errors.AsType[*host.Error](err); ok && statuses[e.Code] != 0 {
		p = &problem{Status: statuses[e.Code], Message: messageOf(e), retryAfter: e.RetryAfter, cause: err}
		if len(e.Fields) > 0 && p.Status == http.StatusBadRequest {
			p.Code = codeBody
		}
	}
	p.Title = http.StatusText(p.Status)
	return p
}

// messageOf is all that an error has for the caller, in one line.
func messageOf(e *host.Error) string {
	parts := []string{strings.TrimSuffix(e.Text, ".")}
	for _, f := range e.Fields {
		parts = append(parts, fmt.Sprintf("'%s' on property %s", f.Detail, property(f.Pointer)))
	}
	text := strings.Join(parts, "; ")
	if len(e.Fields) > 0 {
		text = "Payload validation error: " + strings.Join(parts[1:], ", ")
	}
	if h := hint(e.Hint, e.Fix); h != "" {
		text += " (" + strings.TrimSuffix(h, ".") + ")"
	}
	return text + "."
}

// property turns a JSON pointer into the path that Auth0 would write:
// "/secrets/0/value" into "secrets[0].value".
func property(pointer string) string {
	var path strings.Builder
	for _, step := range host.SplitPointer(pointer) {
		if _, err := strconv.Atoi(step); err == nil {
			path.WriteString("[" + step + "]")
			continue
		}
		if path.Len() > 0 {
			path.WriteByte('.')
		}
		path.WriteString(step)
	}
	return path.String()
}

func tooLarge(limit int64) *problem {
	return &problem{
		Status:  http.StatusRequestEntityTooLarge,
		Message: fmt.Sprintf("Payload content length greater than maximum allowed: %d", limit),
	}
}

func badRequest(format string, args ...any) *problem {
	return &problem{Status: http.StatusBadRequest, Message: fmt.Sprintf(format, args...)}
}

// missing gives the error of something that is not there Auth0's text, and
// leaves every other as it is.
func missing(err error, message string) error {
	if host.CodeOf(err) != host.NotFound {
		return err
	}
	return &problem{Status: http.StatusNotFound, Message: message, cause: err}
}

// conflicting gives a Conflict Auth0's status and text, and leaves every other
// error as it is.
func conflicting(err error, status int, message string) error {
	if host.CodeOf(err) != host.Conflict {
		return err
	}
	return &problem{Status: status, Message: message, cause: err}
}

// refusing answers a Conflict with its own message, as a 400, and leaves every
// other error as it is.
func refusing(err error) error {
	e, ok := errors.AsType[*host.Error](err)
	if !ok || e.Code != host.Conflict {
		return err
	}
	return &problem{Status: http.StatusBadRequest, Message: messageOf(e), cause: err}
}
