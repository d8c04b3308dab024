package admin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
)

// mimeLines is the type of JSON lines.
const mimeLines = "application/x-ndjson"

// logLine is one line of a run's log, with where it comes from.
type logLine struct {
	At       time.Time `json:"at"`
	Level    string    `json:"level"`
	Message  string    `json:"message"`
	Step     int       `json:"step"`
	Attempt  int       `json:"attempt"`
	ActionID string    `json:"action_id"`
	Action   string    `json:"action"`
	Number   int       `json:"version"`
}

// showLogs answers with all that an execution's runs logged, and with what
// each failed of: as text, or as JSON lines.
func (s *Server) showLogs(c echo.Context) error {
	q := queryOf(c, "format")
	format := oneOf(q, "format", "text", "json")
	if q.err != nil {
		return q.err
	}
	results, err := s.History.Results(c.Request().Context(), param(c, "id"))
	if err != nil {
		return notFound(err, "execution", param(c, "id"))
	}
	var out bytes.Buffer
	for _, r := range results {
		for _, line := range linesOf(r) {
			if err := line.write(&out, format); err != nil {
				return err
			}
		}
	}
	if format == "json" {
		return c.Blob(http.StatusOK, mimeLines, out.Bytes())
	}
	return c.Blob(http.StatusOK, echo.MIMETextPlainCharsetUTF8, out.Bytes())
}

// linesOf are a run's lines, and one more with its error.
func linesOf(r host.Result) []logLine {
	var lines []logLine
	add := func(at time.Time, level, message string) {
		lines = append(lines, logLine{at, level, message, r.Step, r.Attempt, r.ActionID, r.Action, r.Number})
	}
	for _, l := range r.Logs {
		add(l.At, l.Level, l.Message)
	}
	if r.Error != nil {
		add(r.EndedAt, "error", strings.TrimRight(r.Error.Line()+"\n"+r.Error.Stack, "\n"))
	}
	return lines
}

func (l logLine) write(out *bytes.Buffer, format string) error {
	if format == "json" {
		if err := json.NewEncoder(out).Encode(l); err != nil {
			return fmt.Errorf("encode a line: %w", err)
		}
		return nil
	}
	head := fmt.Sprintf("%s %-5s %s v%d #%d: ", l.At.UTC().Format("2006-01-02T15:04:05.000Z"), l.Level, host.Escape(l.Action, ""), l.Number, l.Attempt)
	for i, line := range strings.Split(l.Message, "\n") {
		if i > 0 {
			head = "    "
		}
		out.WriteString(head + host.Escape(strings.TrimSuffix(line, "\r"), "\t") + "\n")
	}
	return nil
}
