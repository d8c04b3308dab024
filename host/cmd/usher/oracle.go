package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/usherhost/usher/host/daemon"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/oracle"
	"github.com/usherhost/usher/host/sandbox"
	"github.com/usherhost/usher/host/settings"
	"github.com/usherhost/usher/host/sqlite"
)

// newOracle returns what replays a share of the runs on the interpreter; nil without one.
func newOracle(cfg settings.Config, db *sqlite.DB, runner *guest.Runner, metrics prometheus.Registerer, log *slog.Logger) *oracle.Oracle {
	if cfg.Oracle == 0 {
		return nil
	}
	o := &oracle.Oracle{
		Share: cfg.Oracle, Modules: db, Changes: db, Dir: filepath.Join(cfg.Data, settings.OracleDir), Log: log,
		Open: func(ctx context.Context) (*guest.Runner, func(), error) {
			const idleBytes = 64 << 20
			second, err := sandbox.Open(ctx, sandbox.Config{
				Functions: guest.Functions(), MaxModuleBytes: cfg.MaxModuleBytes, IdleBytes: idleBytes, Interpreter: true,
			})
			if err != nil {
				return nil, nil, fmt.Errorf("open the interpreter's sandbox: %w", err)
			}
			r := *runner
			r.Sandbox, r.Egress, r.Secrets, r.Cache = second, nil, nil, nil
			return &r, func() { _ = second.Close(context.WithoutCancel(ctx)) }, nil
		},
	}
	daemon.RegisterOracle(metrics, o)
	return o
}
