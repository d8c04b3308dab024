package main

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/bench/baseline"
	"github.com/usherhost/usher/host/bench/compare"
	"github.com/usherhost/usher/host/internal/hosttest"
	"github.com/usherhost/usher/host/sqlite"
)

const producers = 64

const bareLoop = "group-commit loop"

func benchAccept(ctx context.Context, e compare.Effort) ([]compare.Row, error) {
	ours, theirs, err := compare.SideBySide(e.Rounds, compare.InTemp(func(dir string) (float64, error) {
		return acceptDirectly(ctx, dir, e)
	}), compare.InTemp(func(dir string) (float64, error) { return bareAccepts(dir, e) }))
	return []compare.Row{compare.Rate("accept", "accept", ours, "events/s", bareLoop, theirs)}, err
}

func bareAccepts(dir string, e compare.Effort) (float64, error) {
	m, err := baseline.Accept(dir, producers, e.Length.Seconds())
	return m.PerSecond(), err
}

// acceptDirectly measures accepts in process, into a store that dispatches nothing.
func acceptDirectly(ctx context.Context, dir string, e compare.Effort) (rate float64, err error) {
	db, err := sqlite.Open(ctx, dir, sqlite.Options{})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	m, err := baseline.Loop(producers, e.Length, func(int) error {
		_, err := db.Accept(ctx, []host.NewEvent{registration()})
		return err
	})
	return m.PerSecond(), err
}

var users atomic.Int64

// registration returns an event of a new user, with the body of the baseline.
func registration() host.NewEvent {
	event := hosttest.Event(int(users.Add(1)))
	event.Body = baseline.Body
	return event
}
