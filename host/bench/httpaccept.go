package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
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
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err != nil {
			return baseline.Measure{}, err
		}
		defer func() { _ = conn.Close() }()
		clients[i] = &poster{conn: conn, in: bufio.NewReader(conn), key: key}
	}
	return baseline.Loop(producers, e.Length, func(p int) error { return clients[p].post() })
}

// poster is a client as thin as HTTP/1.1 allows: its cost is not the server's.
type poster struct {
	conn net.Conn
	in   *bufio.Reader
	key  string
	out  []byte
}

func (p *poster) post() error {
	body := hosttest.Event(int(users.Add(1))).Body
	p.out = fmt.Appendf(p.out[:0], "POST /v1/events/post-user-registration HTTP/1.1\r\nHost: usher\r\n"+
		"Authorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", p.key, len(body))
	if _, err := p.conn.Write(append(p.out, body...)); err != nil {
		return err
	}
	response, err := http.ReadResponse(p.in, nil)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusAccepted {
		err = fmt.Errorf("status %d: %s", response.StatusCode, text)
	}
	return errors.Join(err, response.Body.Close())
}
