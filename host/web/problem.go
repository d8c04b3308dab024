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

// ProblemType is the media type of every error answer.
const ProblemType = "application/problem+json"

// ProblemBase begins every problem's type; a [host.Code] in kebab-case ends it.
const ProblemBase = "https://usherhost.dev/problems/"

// statusClientGone is nginx's status for a client that closed before the
// answer: nobody gets it, it is for the access log.
const statusClientGone = 499

// Problem is an RFC 9457 document. Type is stable and made for programs,
// Detail and Hint are for people.
type Problem struct {
	Type      string       `json:"type"`
	Title     string       `json:"title"`
	Status    int          `json:"status"`
	Detail    string       `json:"detail,omitempty"`
	Hint      string       `json:"hint,omitempty"`
	Errors    []host.Field `json:"errors,omitempty"`
	RequestID string       `json:"request_id,omitempty"`
}

// Code returns the code that Type ends with, for clients. A type of somebody
// else gives Internal.
func (p Problem) Code() host.Code {
	name, ours := strings.CutPrefix(p.Type, ProblemBase)
	if code := host.Code(strings.ReplaceAll(name, "-", "_")); ours && answers[code].status != 0 {
		return code
	}
	return host.Internal
}

// answer is how a code is told over HTTP.
type answer struct {
	status int
	title  string
}

// methodNotAllowed is the one problem that no host.Code stands for.
const methodNotAllowed host.Code = "method_not_allowed"

var answers = map[host.Code]answer{
	host.Invalid:      {http.StatusBadRequest, "The request is malformed"},
	host.Unauthorized: {http.StatusUnauthorized, "A valid API key is needed"},
	host.Forbidden:    {http.StatusForbidden, "The API key may not do this"},
	host.NotFound:     {http.StatusNotFound, "There is no such thing"},
	methodNotAllowed:  {http.StatusMethodNotAllowed, "The path does not have this method"},
	host.Conflict:     {http.StatusConflict, "The thing is in another state"},
	host.Stale:        {http.StatusPreconditionFailed, "The thing was changed meanwhile"},
	host.TooLarge:     {http.StatusRequestEntityTooLarge, "The request is too large"},
	host.Unsupported:  {http.StatusUnsupportedMediaType, "The media type is not supported"},
	host.KeyReused:    {http.StatusUnprocessableEntity, "The idempotency key was used for another body"},
	host.Refused:      {http.StatusUnprocessableEntity, "This can't be done"},
	host.Overloaded:   {http.StatusTooManyRequests, "Too much at once"},
	host.Internal:     {http.StatusInternalServerError, "The host failed"},
	host.Unavailable:  {http.StatusServiceUnavailable, "The host can't do this now"},
	host.Fenced:       {http.StatusConflict, "The execution is leased by another worker"},
	host.Corrupt:      {http.StatusInternalServerError, "The database is damaged"},
}

// HandleError returns the one place where errors become answers: a
// [host.Error] by its code, echo's own errors by their status, and anything
// else as a 500 that keeps its cause for log. 429, 500 and 503 always say when
// to come back.
func HandleError(log *slog.Logger) echo.HTTPErrorHandler {
	return func(err error, c echo.Context) {
		if c.Response().Committed {
			log.LogAttrs(c.Request().Context(), slog.LevelWarn, "answer broke off",
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
	return c.Blob(p.Status, ProblemType, append(body, '\n'))
}

func problemOf(e *host.Error) Problem {
	code := e.Code
	how, ok := answers[code]
	if !ok {
		code, how = host.Internal, answers[host.Internal]
	}
	p := Problem{
		Type:   ProblemBase + strings.ReplaceAll(string(code), "_", "-"),
		Title:  how.title,
		Status: how.status,
		Detail: e.Text,
		Hint:   Hint(e.Hint, e.Fix),
		Errors: e.Fields,
	}
	if p.Detail == "" && how.status >= http.StatusInternalServerError {
		p.Detail = "the host failed in a way that it did not foresee"
		p.Hint = "find request_id in the host's log: the cause is there"
	}
	return p
}

// waitAfter is when to come back after an error that does not say: what failed
// in a way that the host did not foresee will hardly be well in a second.
var waitAfter = map[int]time.Duration{http.StatusInternalServerError: 30 * time.Second}

// toHost gives every error a code. A cause that was not made for the outside
// keeps its text in Err, where only the log sees it.
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
			Text: "the host has no such path", Hint: "GET /v1/openapi.yaml lists all paths",
		}
	case http.StatusMethodNotAllowed:
		return &host.Error{
			Code: methodNotAllowed, Err: e,
			Text: "the path is there, but not with this method", Hint: "the Allow header lists its methods",
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
