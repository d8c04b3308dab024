package main

import (
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/usherhost/usher/host/egress"
	"github.com/usherhost/usher/host/notices"
	"github.com/usherhost/usher/host/release"
	"github.com/usherhost/usher/host/seal"
	"github.com/usherhost/usher/host/sqlite"
	"github.com/usherhost/usher/host/web"
)

// newNotices returns who reports to operators, and who sends to webhooks.
func newNotices(
	db *sqlite.DB, box *seal.Box, client *egress.Client, metrics prometheus.Registerer, log *slog.Logger,
) (*notices.Reporter, *notices.Sender) {
	reporter := &notices.Reporter{Store: db, Noticed: db.Noticed(), Shown: web.WordNotice, Log: log, Metrics: metrics}
	sender := &notices.Sender{
		Store: db, Box: box, Send: client.Send, CheckOrigin: checkOrigin, Hint: web.Hint, Notifier: reporter, Log: log, Metrics: metrics,
	}
	reporter.Deliver = sender.Wake
	return reporter, sender
}

// buildInfo is the metric that names this build.
func buildInfo() prometheus.Collector {
	b := release.ThisBuild()
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "usher_build_info", Help: "Always 1; its labels name this build, with the digest of the embedded JavaScript engine.",
		ConstLabels: prometheus.Labels{"version": b.Version, "commit": b.Commit, "go": b.Go, "engine": b.Embedded.Engine},
	})
	info.Set(1)
	return info
}
