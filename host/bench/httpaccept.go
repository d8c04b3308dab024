package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/bench/baseline"
	"github.com/usherhost/usher/host/bench/compare"
	"github.com/usherhost/usher/host/ingress"
	"github.com/usherhost/usher/host/internal/hosttest"
	"github.com/usherhost/usher/host/sqlite"
	"github.com/usherhost/usher/host/web"
)

func benchHTTPAccept(ctx context.Context, e compare.Effort) ([]compare.Row, error) {
	ours, theirs, err := compare.SideBySide(e.Rounds, compare.InTemp(func(dir string) (float64, error) {
		return acceptOverHTTP(ctx, dir, e)
	}), compare.InTemp(func(dir string) (float64, error) { return bareAccepts(dir, e) }))
	return []compare.Row{compare.Rate("http-accept", "http-accept", ours, "202s/s", bareLoop, theirs)}, err
}

// acceptOverHTTP measures 202s from a server whose clients share its cores.
func acceptOverHTTP(ctx context.Context, dir string, e compare.Effort) (rate float64, err error) {
	db, err := sqlite.Open(ctx, dir, sqlite.Options{})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	address, key, stop, err := serveIngress(ctx, db)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	m, err := postAll(ctx, address, key, e)
	return m.PerSecond(), err
}

// serveIngress serves ingress on loopback, as serve does.
func serveIngress(ctx context.Context, db *sqlite.DB) (address, key string, stop func() error, err error) {
	key, hash := web.NewKey()
	err = db.CreateKey(ctx, host.Key{ID: host.NewID(host.KeyPrefix), Name: "bench", Scopes: []host.Scope{host.ScopeIngest}, Hash: hash, CreatedAt: time.Now()})
	if err != nil {
		return "", "", nil, err
	}
	listener, err := web.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		return "", "", nil, err
	}
	log := slog.New(slog.DiscardHandler)
	routes := web.NewEcho(log)
	(&ingress.Server{Store: db}).Register(routes.Group("/v1"), web.NewAuthenticator(db).Require(host.ScopeIngest))
	running, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- web.Serve(running, listener, routes, time.Minute, log) }()
	return listener.Addr().String(), key, func() error { cancel(); return <-done }, nil
}

// postAll posts events over as many kept connections as there are producers.
func postAll(ctx context.Context, address, key string, e compare.Effort) (baseline.Measure, error) {
	clients := make([]*poster, producers)
	for i := range clients {
		c, err := newPoster(ctx, address, key)
		if err != nil {
			return baseline.Measure{}, err
		}
		defer c.close()
		clients[i] = c
	}
	return baseline.Loop(producers, e.Length, func(p int) error { return clients[p].event(hosttest.Event(int(users.Add(1))).Body) })
}
