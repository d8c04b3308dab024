package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

// progressEvery is how often a stream reports how far a check is.
const progressEvery = 100 * time.Millisecond

// check runs a check. Its report is the answer; a client that accepts server-sent events
// also gets events named progress before it.
func (s *Server) check(c echo.Context) error {
	query, err := readCheck(c)
	if err != nil {
		return err
	}
	if s.Checks == nil {
		return &host.Error{Code: host.Unavailable, Text: "this host checks no versions"}
	}
	if !strings.Contains(c.Request().Header.Get(echo.HeaderAccept), eventStreamType) {
		report, err := s.Checks.Check(c.Request().Context(), param(c, "action"), query, nil)
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, report)
	}
	out := &checkStream{server: s, c: c}
	report, err := s.Checks.Check(c.Request().Context(), param(c, "action"), query, out.progress)
	switch {
	case out.stream == nil && err != nil:
		return err
	case err != nil:
		err = out.send("problem", web.ProblemOf(err))
	default:
		err = out.send("report", report)
	}
	if errors.Is(err, errReaderGone) {
		return nil
	}
	return err
}

// checkStream answers a check with events, from the first that there is.
type checkStream struct {
	server *Server
	c      echo.Context
	stream *eventStream
	last   time.Time // of a progress
}

func (s *checkStream) progress(done, of int) {
	if time.Since(s.last) >= progressEvery {
		s.last = time.Now()
		_ = s.send("progress", map[string]int{"done": done, "of": of}) // a reader who is gone has ended the context
	}
}

func (s *checkStream) send(event string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode the %s of a check: %w", event, err)
	}
	if s.stream == nil {
		s.stream = s.server.openStream(s.c)
	}
	return s.stream.send(fmt.Appendf(nil, "event: %s\ndata: %s\n\n", event, data))
}

// readCheck reads what is to be checked: JSON, or a form with a module too.
func readCheck(c echo.Context) (query host.CheckQuery, err error) {
	if c.Request().ContentLength == 0 {
		return query, queryOf(c).err
	}
	kind, err := web.RequireType(c, echo.MIMEApplicationJSON, echo.MIMEMultipartForm)
	if err != nil {
		return query, err
	}
	if kind == echo.MIMEApplicationJSON {
		err = decode(c, &query)
		return query, err
	}
	if q := queryOf(c); q.err != nil {
		return query, q.err
	}
	parts, err := c.Request().MultipartReader()
	if err != nil {
		return query, badForm("the body is not a multipart form as its Content-Type announces", err)
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return query, badPart(err)
		}
		if err := readCheckPart(part, &query); err != nil {
			return query, err
		}
	}
	if query.Module == nil {
		return query, badForm("the form has no part named \"module\"", nil)
	}
	return query, nil
}

func readCheckPart(part *multipart.Part, query *host.CheckQuery) error {
	body, err := io.ReadAll(part)
	if err != nil {
		return badPart(err)
	}
	switch part.FormName() {
	case "module":
		query.Module = append([]byte{}, body...)
	case "manifest":
		query.Manifest = &host.Manifest{}
		return decodeBytes(body, query.Manifest, "/manifest")
	case "check":
		return decodeBytes(body, query, "/check")
	default:
		return badForm(fmt.Sprintf("the form has an unknown part named %q", part.FormName()), nil)
	}
	return nil
}
