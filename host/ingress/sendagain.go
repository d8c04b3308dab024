package ingress

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
)

// RefusedEvents lists refused events, newest first, without what was sent.
func (s *Server) RefusedEvents(ctx context.Context, q host.RefusedEventQuery) ([]host.RefusedEvent, error) {
	if s.Refused == nil {
		return nil, nil
	}
	return s.Refused.RefusedEvents(ctx, q)
}

// RefusedEvent returns a refused event with what was sent, for people to see:
// what looks like a credential is masked. The body is JSON, or text when it is not
// JSON; both are empty when it is not stored or is not text.
func (s *Server) RefusedEvent(ctx context.Context, id string) (e host.RefusedEvent, body json.RawMessage, text string, err error) {
	e, was, err := s.refused(ctx, id)
	if err != nil || !e.Kept {
		return e, nil, "", err
	}
	body, text = maskBody(was.body)
	return e, body, text, nil
}

// SendAgain takes a refused event through the checks once more, with what fix
// replaces of it, as if its sender had sent it. Once it is accepted it is no
// refused event any more. Batch says whether it was a batch. The errors are those
// of a request; an event that is refused again stays stored.
func (s *Server) SendAgain(ctx context.Context, id string, fix host.Correction) (accepted []host.Accepted, batch bool, err error) {
	e, was, err := s.refused(ctx, id)
	if err != nil {
		return nil, false, err
	}
	if fix.Body != nil {
		was.body = fix.Body
		was.Header.Set(echo.HeaderContentType, typeJSON)
		was.Header.Del(echo.HeaderContentEncoding)
	} else if !e.Kept {
		return nil, false, &host.Error{
			Code: host.Conflict, Text: "the refused event " + id + " was too large to be stored",
			Fix: host.FixSendCorrected.With(id),
		}
	}
	if fix.ContentType != "" {
		was.Header.Set(echo.HeaderContentType, fix.ContentType)
	}
	r := &delivery{}
	if accepted, err = s.handler.redo(ctx, r, e, was); err != nil {
		return nil, false, err
	}
	return accepted, r.batch, s.Refused.DeleteRefusedEvent(context.WithoutCancel(ctx), id)
}

// refused reads a refused event with what was sent.
func (s *Server) refused(ctx context.Context, id string) (host.RefusedEvent, sent, error) {
	if s.handler == nil || s.handler.refusals == nil {
		return host.RefusedEvent{}, sent{}, &host.Error{Code: host.NotFound, Text: "there is no refused event " + id}
	}
	e, err := s.Refused.RefusedEvent(ctx, id)
	if err != nil || !e.Kept {
		return e, sent{Header: http.Header{}}, err
	}
	was, err := openSent(s.Sealer, e)
	return e, was, err
}

// redo runs the steps of take that need no request.
func (h *handler) redo(ctx context.Context, r *delivery, e host.RefusedEvent, was sent) ([]host.Accepted, error) {
	if err := r.readHeader(string(e.Trigger), "", was.Header); err != nil {
		return nil, err
	}
	r.body = was.body
	r.batch = r.batch || r.form == formPlain && firstByte(trimMark(r.body)) == '['
	if limit := h.limitOf(r); int64(len(r.body)) > limit {
		return nil, tooLarge(r, limit)
	}
	if err := h.open(was.Header, r); err != nil {
		return nil, err
	}
	events, err := check(r)
	if err != nil {
		return nil, err
	}
	return h.accept(ctx, "", r, e.KeyID, events)
}
