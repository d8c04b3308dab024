package decisions

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
	"github.com/usherhost/usher/proto"
)

// handler serves the route of a Server.
type handler struct {
	decider   Decider
	passwords *proto.PasswordKeys
	maxBytes  int64
	draining  func() bool
	notifier  host.Notifier // nil: nothing is reported
	repeats   *repeats
}

func (h *handler) post(c echo.Context) error {
	web.Quiet(c)
	if h.draining != nil && h.draining() {
		return &host.Error{
			Code: host.Unavailable, RetryAfter: time.Second,
			Text: "the host is about to stop; no action has run", Hint: "send the event again after Retry-After, to another host if there is one",
		}
	}
	var r request
	if err := r.read(c, h.maxBytes); err != nil {
		h.notify(web.KeyFrom(c).ID, &r, err)
		return err
	}
	event, err := h.check(&r)
	if err != nil {
		h.notify(web.KeyFrom(c).ID, &r, err)
		return err
	}
	answer, repeat, err := h.repeats.answer(c.Request().Context(), &r, func() ([]byte, error) {
		return h.decide(c.Request().Context(), event, r.wait)
	})
	if err != nil {
		return err
	}
	header := c.Response().Header()
	header.Set(echo.HeaderCacheControl, "no-store")
	if repeat {
		header.Set("Idempotent-Replayed", "true")
	}
	if r.wait > 0 && h.decider.Limit(r.wait) == r.wait {
		header.Set("Preference-Applied", r.preferred)
	}
	return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, answer)
}

// notify reports an event of a sender with a valid key that was refused for its content:
// it names the fields that were wrong, and none of their values.
func (h *handler) notify(key string, r *request, err error) {
	reason, ok := errors.AsType[*host.Error](err)
	if h.notifier == nil || key == "" || !ok || !reason.Code.AboutContent() {
		return
	}
	h.notifier.Notify(host.Notice{
		Kind: host.NoticeEventRefused, Trigger: r.trigger, KeyID: key, Code: reason.Code, Errors: web.FirstFields(reason.Fields),
		Summary: "a request for a decision of " + cmp.Or(string(r.trigger), "an unknown trigger") + " was refused: " + reason.Code.InWords(), Hint: "correct the sender",
	})
}

// decide runs the flow and returns the answer's body.
func (h *handler) decide(ctx context.Context, event host.Event, wait time.Duration) ([]byte, error) {
	decision, err := h.decider.Decide(ctx, event, wait)
	if err != nil {
		return nil, fmt.Errorf("decide: %w", err)
	}
	body, err := json.Marshal(&decision)
	if err != nil {
		return nil, fmt.Errorf("encode a decision: %w", err)
	}
	return append(body, '\n'), nil
}

// check checks the event and returns it without passwords.
func (h *handler) check(r *request) (host.Event, error) {
	if text := bytes.TrimLeft(r.body, " \t\r\n"); len(text) > 0 && text[0] == '[' {
		return host.Event{}, invalid("a batch is not accepted here: each event gets its own decision", "send each event alone")
	}
	about, violations := proto.CheckEvent(string(r.trigger), r.body)
	if len(violations) > 0 {
		return host.Event{}, misfit(r, violations)
	}
	return host.Event{
		Tenant: about.Tenant, Trigger: r.trigger, UserID: about.UserID, Body: proto.CleanEvent(r.body, h.passwords), Traceparent: r.traceparent,
	}, nil
}

// misfit is the error of an event that does not fit its contract.
func misfit(r *request, violations []proto.Violation) error {
	var cloud struct {
		Specversion json.RawMessage `json:"specversion"`
		User        json.RawMessage `json:"user"`
	}
	if json.Unmarshal(r.body, &cloud) == nil && cloud.Specversion != nil && cloud.User == nil {
		return unsupported("CloudEvents are not accepted here: they report what has happened, and this event asks for a decision", "send the CloudEvent's data alone")
	}
	e := &host.Error{
		Code: host.Invalid, Text: "the event does not fit " + string(r.trigger),
		Hint: "errors lists what is wrong, each with a JSON pointer into the body; no action has run",
	}
	for _, v := range violations {
		if v.Pointer == "/user/user_id" {
			v.Detail += "; the user has no id before the registration"
		}
		e.Fields = append(e.Fields, host.Field{Pointer: v.Pointer, Detail: v.Detail})
	}
	return e
}
