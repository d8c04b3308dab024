package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
	"unicode"
)

// How errors that repeat are logged.
const (
	repeatsEvery = 10 * time.Second // the count of what was left out, at most
	maxRepeats   = 256              // kinds of errors that are counted at once; others are logged
)

// repeats is a handler that logs the first of many similar errors at once, and then
// every ten seconds how many more there were: a full disk fails every
// request, and must not fill another disk with that. Errors are similar when
// their message and "error" attribute differ only in words with digits, such as
// ids. Records below the level of an error pass.
type repeats struct {
	slog.Handler
	*counted
}

// counted is what the handlers of one log share.
type counted struct {
	every time.Duration
	mu    sync.Mutex
	kinds map[string]*repeat // guarded by mu
}

// repeat is a kind of error that was logged a short while ago.
type repeat struct {
	more int // of them since
	last slog.Record
	to   slog.Handler
}

func countRepeats(h slog.Handler) slog.Handler {
	return &repeats{Handler: h, counted: &counted{every: repeatsEvery, kinds: map[string]*repeat{}}}
}

func (h *repeats) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &repeats{h.Handler.WithAttrs(attrs), h.counted}
}

func (h *repeats) WithGroup(name string) slog.Handler {
	return &repeats{h.Handler.WithGroup(name), h.counted}
}

func (h *repeats) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelError && h.isRepeat(r, h.Handler) {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

// isRepeat reports whether r is to be counted, not logged.
func (c *counted) isRepeat(r slog.Record, to slog.Handler) bool {
	kind := kindOf(r)
	c.mu.Lock()
	defer c.mu.Unlock()
	if known, ok := c.kinds[kind]; ok {
		known.more, known.last, known.to = known.more+1, r, to
		return true
	}
	if len(c.kinds) < maxRepeats {
		c.kinds[kind] = &repeat{}
		time.AfterFunc(c.every, func() { c.report(kind) })
	}
	return false
}

// report logs how many errors of a kind were left out, and forgets the kind when
// there were none.
func (c *counted) report(kind string) {
	c.mu.Lock()
	known := c.kinds[kind]
	n, last, to := known.more, known.last, known.to
	known.more = 0
	if n == 0 {
		delete(c.kinds, kind)
	} else {
		time.AfterFunc(c.every, func() { c.report(kind) })
	}
	c.mu.Unlock()
	if n > 0 {
		last = last.Clone()
		last.AddAttrs(slog.Int("repeated", n), slog.Duration("within", c.every))
		_ = to.Handle(context.Background(), last)
	}
}

// kindOf is what similar errors have in common.
func kindOf(r slog.Record) string {
	kind := r.Message
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "error" || a.Key == "panic" {
			kind += "\x00" + fmt.Sprint(a.Value.Any())
		}
		return true
	})
	words := strings.FieldsFunc(kind, func(r rune) bool { return unicode.IsSpace(r) || r == '"' || r == '/' || r == ':' })
	for i, word := range words {
		if strings.ContainsFunc(word, unicode.IsDigit) {
			words[i] = "#"
		}
	}
	return strings.Join(words, " ")
}
