package client

import (
	"context"

	"github.com/usherhost/usher/host"
)

// ChangePage is one page of the log of changes, newest first. Next is the
// Before of the next page, 0 after the last.
type ChangePage struct {
	Changes []host.Change `json:"changes"`
	Next    int64         `json:"next"`
}

// Changes returns a page of the log of changes. The query's Object may also be
// an action's name.
func (c *Client) Changes(ctx context.Context, q host.ChangeQuery) (ChangePage, error) {
	var page ChangePage
	err := c.get(ctx, path("changes"), params(
		"before", decimal(q.Before),
		"object", q.Object,
		"actor", q.Actor,
		"since", moment(q.Since),
		"until", moment(q.Until),
		"limit", decimal(q.Limit),
	), &page)
	return page, err
}
