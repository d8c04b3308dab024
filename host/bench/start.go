package main

import (
	"context"
	"errors"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/bench/compare"
	"github.com/usherhost/usher/host/internal/hosttest"
)

// benchStart measures how long after the sender hears of the accept the event's
// first action starts, one event at a time. The ratio is the time to hear of
// the accept to the time to that start: over 1 when the action was quicker.
func benchStart(ctx context.Context, e compare.Effort) ([]compare.Row, error) {
	var starts, accepts []float64
	_, err := compare.InTemp(func(dir string) (value float64, err error) {
		h, err := hosttest.Open(ctx, dir, 0)
		if err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, h.Close()) }()
		if err := bindThree(ctx, h); err != nil {
			return 0, err
		}
		for range e.Rounds * e.Count {
			start, accept, err := startOne(ctx, h)
			if err != nil {
				return 0, err
			}
			starts, accepts = append(starts, start), append(accepts, accept)
		}
		return 0, nil
	})()
	if err != nil {
		return nil, err
	}
	start, accept := compare.Median(starts), compare.Median(accepts)
	return []compare.Row{{Bench: "start", Work: "start", Value: max(start-accept, 0), Unit: "µs", Against: "accept", Ratio: accept / start}}, nil
}

func startOne(ctx context.Context, h *hosttest.Host) (start, accept float64, err error) {
	began := time.Now()
	accepted, err := h.DB.Accept(ctx, []host.NewEvent{hosttest.Event(int(users.Add(1)))})
	if err != nil {
		return 0, 0, err
	}
	acknowledged := time.Now()
	if _, err := h.Wait(ctx, accepted[0].ExecutionID); err != nil {
		return 0, 0, err
	}
	results, err := h.DB.Results(ctx, accepted[0].ExecutionID)
	if err != nil {
		return 0, 0, err
	}
	return micros(results[0].StartedAt.Sub(began)), micros(acknowledged.Sub(began)), nil
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }
