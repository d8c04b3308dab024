package replay

import (
	"context"
	"maps"
	"slices"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/tape"
)

// TapePage implements [host.Replays].
func (s *Service) TapePage(ctx context.Context, executionID string, q host.ReplayQuery, first, limit int) (host.TapePage, error) {
	_, r, err := s.attempt(ctx, executionID, q)
	if err != nil {
		return host.TapePage{}, err
	}
	page := host.TapePage{ExecutionID: r.ExecutionID, Step: r.Step, Action: r.Action, Attempt: r.Attempt, Secrets: []string{}, Calls: []host.TapeCall{}}
	plain, err := s.plaintext(ctx, r)
	if err != nil || plain == nil {
		return page, err
	}
	reader, err := tape.Open(plain)
	if err != nil {
		return page, err
	}
	head := reader.Head()
	page.Total, page.Random = reader.Len(), head.Seed != nil
	page.Secrets = slices.AppendSeq(page.Secrets, maps.Keys(head.Secrets))
	slices.Sort(page.Secrets)
	if !head.Start.IsZero() {
		page.Start = &head.Start
	}
	calls, err := reader.Calls(first, limit)
	if err != nil {
		return page, err
	}
	masker := tape.ForShowing(&head)
	for _, c := range calls {
		page.Calls = append(page.Calls, taped(masker.Call(c)))
	}
	return page, nil
}

// taped returns a masked call as it is shown.
func taped(c host.Call) host.TapeCall {
	shown := host.TapeCall{
		Ordinal: c.Ordinal, Function: c.Function, Request: c.Request, Answer: c.Answer, EndMicros: c.EndMicros, From: c.Attempt,
	}
	if c.RequestCut != nil {
		shown.RequestCut = c.RequestCut.Bytes
	}
	if c.AnswerCut != nil {
		shown.AnswerCut = c.AnswerCut.Bytes
	}
	return shown
}
