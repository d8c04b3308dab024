package executor

import (
	"time"

	"github.com/usherhost/usher/host"
)

// rateWindow knows when the latest attempts of an action started, as many as its rate
// allows in a span of time: so in no span do more start. Time only goes by the calls.
type rateWindow struct {
	rate   host.Rate
	per    time.Duration
	starts []time.Time // a ring
	next   int         // the oldest of them
}

// newRateWindow returns the window of a rate, nil when there is none. What started before
// since is not known, so that span is taken to have been used evenly: a restart allows
// no burst beside the one before it.
func newRateWindow(rate host.Rate, since time.Time) *rateWindow {
	n, per, ok := rate.Parse()
	if !ok {
		return nil
	}
	w := &rateWindow{rate: rate, per: per, starts: make([]time.Time, n)}
	for i := range w.starts {
		w.starts[i] = since.Add(per/time.Duration(n)*time.Duration(i) - per)
	}
	return w
}

// with returns the window of another rate, which goes on with the same starts.
func (w *rateWindow) with(rate host.Rate, since time.Time) *rateWindow {
	if w != nil && w.rate == rate {
		return w
	}
	made := newRateWindow(rate, since)
	if w == nil || made == nil {
		return made
	}
	for i := range made.starts {
		made.starts[i] = time.Time{}
	}
	for i := range w.starts { // the oldest first
		made.take(w.starts[(w.next+i)%len(w.starts)])
	}
	return made
}

// ready returns when the next attempt may start.
func (w *rateWindow) ready() time.Time {
	if w == nil {
		return time.Time{}
	}
	return w.starts[w.next].Add(w.per)
}

// take counts an attempt that starts now.
func (w *rateWindow) take(now time.Time) {
	if w == nil {
		return
	}
	w.starts[w.next] = now
	w.next = (w.next + 1) % len(w.starts)
}
