package sqlite

import (
	"context"
	"sync/atomic"
	"time"

	engine "modernc.org/sqlite"
)

const checkpointEvery = 250 * time.Millisecond

// keepCheckpoints moves committed pages from the write-ahead log into the
// database file, on a connection of its own, so that a commit never has to:
// half the worst latencies, against a few per cent of throughput. A failure is
// tried again at the next tick; the writer's own guard bounds the log.
func keepCheckpoints(ctx context.Context, path string, commits *atomic.Int64) {
	connector, err := engine.NewConnector(dsn(path, "synchronous(FULL)"))
	if err != nil {
		return
	}
	session, err := newSession(ctx, connector)
	if err != nil {
		return
	}
	defer func() { _ = session.close() }()
	ticker := time.NewTicker(checkpointEvery)
	defer ticker.Stop()
	var seen int64
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if now := commits.Load(); now != seen {
			if _, err := session.exec("PRAGMA wal_checkpoint(PASSIVE)"); err == nil {
				seen = now
			}
		}
	}
}
