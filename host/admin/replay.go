package admin

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

func (s *Server) registerReplays(g *echo.Group, manage, small echo.MiddlewareFunc) {
	const encoded = 2 // a module in base64 is less than twice as long
	g.POST("/executions/:id/rerun", s.rerunExecution, manage, small)
	g.POST("/executions/:id/replay", s.replayExecution, manage, web.LimitBody(encoded*s.maxUploadBytes()))
	g.GET("/executions/:id/tape", s.exportTape, manage)
	g.GET("/executions/:id/calls", s.listCalls, manage)
}

// replayExecution plays an attempt back. It changes nothing, and the log of changes
// has it only with code that is no version.
func (s *Server) replayExecution(c echo.Context) error {
	var body struct {
		Action  string                     `json:"action"`
		Attempt int                        `json:"attempt"`
		Version string                     `json:"version"`
		Module  string                     `json:"module"`
		Answers map[string]json.RawMessage `json:"answers"`
	}
	if err := decodeOptional(c, &body); err != nil {
		return err
	}
	q := host.ReplayQuery{Action: body.Action, Attempt: body.Attempt, Version: body.Version, Answers: map[int]json.RawMessage{}}
	var bad []host.Field
	if body.Attempt < 0 {
		bad = append(bad, host.Field{Pointer: "/attempt", Detail: "must be an attempt, from 1, or 0 for the last one"})
	}
	for key, answer := range body.Answers {
		n, err := strconv.Atoi(key)
		if err != nil || n < 0 {
			bad = append(bad, host.Field{Pointer: "/answers" + host.Pointer(key), Detail: "must be named by the number of a call, from 0"})
		}
		q.Answers[n] = answer
	}
	if body.Module != "" {
		var err error
		if q.Module, err = base64.StdEncoding.DecodeString(body.Module); err != nil {
			bad = append(bad, host.Field{Pointer: "/module", Detail: "must be a module in base64"})
		}
		if body.Version != "" {
			bad = append(bad, host.Field{Pointer: "/version", Detail: "is not possible with a module: one of them is replayed"})
		}
	}
	if len(bad) > 0 {
		return &host.Error{Code: host.Invalid, Text: "the body is not valid for this path", Fields: bad}
	}
	if q.Module != nil {
		if err := s.recordChange(c, "execution.replay", param(c, "id"), map[string]string{"module": host.Digest(q.Module)}); err != nil {
			return err
		}
	}
	report, err := s.Replays.Replay(c.Request().Context(), param(c, "id"), q)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, replayView{report, viewResult(report.Result)})
}

// replayView is a report whose result is shown as others are.
type replayView struct {
	host.ReplayReport
	Result resultView `json:"result"`
}

// listCalls answers with calls of an attempt as its tape has them, without secrets.
func (s *Server) listCalls(c echo.Context) error {
	query := queryOf(c, "action", "attempt", "first", "limit")
	q := host.ReplayQuery{Action: query.text("action"), Attempt: int(query.number("attempt", 1, math.MaxInt32, 0))}
	first := query.number("first", 0, math.MaxInt32, 0)
	limit := query.number("limit", 1, host.MaxTapePage, host.DefaultTapePage)
	if query.err != nil {
		return query.err
	}
	page, err := s.Replays.TapePage(c.Request().Context(), param(c, "id"), q, int(first), int(limit))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, page)
}

// exportTape answers with the file of an attempt. It has an event and answers, so the log
// of changes says who took it.
func (s *Server) exportTape(c echo.Context) error {
	query := queryOf(c, "action", "attempt", "mask")
	q := host.ReplayQuery{Action: query.text("action"), Attempt: int(query.number("attempt", 1, math.MaxInt32, 0))}
	if query.err != nil {
		return query.err
	}
	var mask []string
	if paths := query.text("mask"); paths != "" {
		mask = strings.Split(paths, ",")
	}
	var file bytes.Buffer
	id := param(c, "id")
	if err := s.Replays.ExportTape(c.Request().Context(), &file, id, q, mask); err != nil {
		return err
	}
	if err := s.recordChange(c, "execution.export", id, map[string]any{"action": q.Action, "attempt": q.Attempt, "mask": mask}); err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="`+id+`.tape.json"`)
	return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, file.Bytes())
}
