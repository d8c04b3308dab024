package client

import (
	"context"
	"time"

	"github.com/usherhost/usher/host"
)

// NoticePage is one page of notices, newest first. Next is the Before of the next page,
// "" after the last.
type NoticePage struct {
	Notices []host.Notice `json:"notices"`
	Next    string        `json:"next"`
}

// Notices returns a page of what operators should know of. The query's ActionID may also
// be an action's name.
func (c *Client) Notices(ctx context.Context, q host.NoticeQuery) (NoticePage, error) {
	since := ""
	if !q.Since.IsZero() {
		since = q.Since.UTC().Format(time.RFC3339Nano)
	}
	var page NoticePage
	err := c.get(ctx, path("notices"), params(
		"kind", string(q.Kind),
		"action", q.ActionID,
		"since", since,
		"before", q.Before,
		"limit", decimal(q.Limit),
	), &page)
	return page, err
}

// Notice returns one notice.
func (c *Client) Notice(ctx context.Context, id string) (host.Notice, error) {
	var n host.Notice
	err := c.get(ctx, path("notices", id), nil, &n)
	return n, err
}
