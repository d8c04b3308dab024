package notices

import (
	"context"
	"log/slog"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/text"
)

// The bounds of what a line has of an error and of fields.
const (
	maxErrorBytes = 500
	maxFields     = 20
)

// messages are what the lines of each kind begin with.
var messages = map[host.NoticeKind]string{
	host.NoticeDeadLetter:      "an action failed in its last attempt: the step is a dead letter",
	host.NoticeBreakerOpened:   "an action's breaker opened: its attempts wait",
	host.NoticeBreakerClosed:   "an action's breaker closed: its attempts go on",
	host.NoticeEventRefused:    "an event was refused",
	host.NoticeWebhookDisabled: "a webhook was disabled: it gets no notices",
}

// write writes the line of a notice.
func (r *Reporter) write(ctx context.Context, n *host.Notice) {
	level := slog.LevelWarn
	if n.Kind == host.NoticeBreakerClosed {
		level = slog.LevelInfo
	}
	message, known := messages[n.Kind]
	if !known {
		message = n.Summary
	}
	r.Log.LogAttrs(ctx, level, message, r.attributes(n)...)
}

func (r *Reporter) attributes(n *host.Notice) []slog.Attr {
	var list []slog.Attr
	add := func(name, value string) {
		if value != "" {
			list = append(list, slog.String(name, value))
		}
	}
	number := func(name string, value int64) {
		if value != 0 {
			list = append(list, slog.Int64(name, value))
		}
	}
	add("notice", n.ID)
	add("action", n.Action)
	number("version", int64(n.Number))
	add("trigger", string(n.Trigger))
	add("execution", n.ExecutionID)
	number("attempt", int64(n.Attempt))
	add("fault", string(n.Fault))
	add("key", n.KeyID)
	add("refused_event", n.RefusedEventID)
	add("code", string(n.Code))
	add("webhook", n.WebhookID)
	add("error", errorOf(n))
	if len(n.Errors) > 0 {
		list = append(list, slog.Any("fields", fieldsOf(n)))
	}
	number("left_out", n.Count-1)
	add("hint", r.Shown(*n).Hint)
	return list
}

// errorOf is the error on one line.
func errorOf(n *host.Notice) string {
	if n.Error == nil {
		return n.Summary
	}
	line, _, _ := strings.Cut(n.Error.Line(), "\n")
	return text.Cut(line, maxErrorBytes)
}

// fieldsOf names the fields that were wrong, with what is wrong there.
func fieldsOf(n *host.Notice) []string {
	fields := make([]string, 0, len(n.Errors))
	for _, f := range n.Errors[:min(len(n.Errors), maxFields)] {
		fields = append(fields, f.Pointer+" "+f.Detail)
	}
	return fields
}
