package main

import (
	"context"
	"errors"
	"fmt"
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
	rows := []compare.Row{compare.Rate("accept", "accept", ours, "events/s", bareLoop, theirs)}
	for _, tt := range []struct {
		name   string
		fields []string
	}{
		{"searchable by e-mail", []string{"user.email"}},
		{"searchable by five fields", []string{"user.email", "user.app_metadata.plan", "user.app_metadata.seats", "user.app_metadata.roles", "user.user_metadata.source"}},
	} {
		if err != nil {
			return rows, err
		}
		ours, theirs, err = compare.SideBySide(e.Rounds, compare.InTemp(func(dir string) (float64, error) {
			return acceptDirectly(ctx, dir, e, tt.fields...)
		}), compare.InTemp(func(dir string) (float64, error) { return acceptDirectly(ctx, dir, e) }))
		rows = append(rows, compare.Rate("accept", tt.name, ours, "events/s", "nothing searchable", theirs))
	}
	return rows, err
}

func bareAccepts(dir string, e compare.Effort) (float64, error) {
	m, err := baseline.Accept(dir, producers, e.Length.Seconds())
	return m.PerSecond(), err
}

// acceptDirectly measures accepts in process, into a store that dispatches nothing and
// is searchable by some fields.
func acceptDirectly(ctx context.Context, dir string, e compare.Effort, fields ...string) (rate float64, err error) {
	db, err := sqlite.Open(ctx, dir, sqlite.Options{})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.SetSearchableFields(ctx, fields); err != nil {
		return 0, err
	}
	m, err := baseline.Loop(producers, e.Length, func(int) error {
		_, err := db.Accept(ctx, []host.NewEvent{registration()})
		return err
	})
	return m.PerSecond(), err
}

var users atomic.Int64

// registration returns an event of a new user, with the body of the baseline.
func registration() host.NewEvent {
	n := users.Add(1)
	event := hosttest.Event(int(n))
	// As long as the baseline's body.
	event.Body = fmt.Appendf(nil, `{"user":{"user_id":"auth0|1","email":"user%d@%d.example","app_metadata":{"plan":"free","seats":%d,"roles":["a","b"]},`+
		`"user_metadata":{"source":"web"`, n, n%1000, n%50)
	for len(event.Body) < len(baseline.Body)-30 {
		event.Body = append(event.Body, fmt.Sprintf(`,"note%d":"some words"`, len(event.Body))...)
	}
	event.Body = append(event.Body, "}}}"...)
	return event
}
