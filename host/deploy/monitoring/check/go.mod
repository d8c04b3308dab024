module github.com/usherhost/usher/host/deploy/monitoring/check

go 1.26.0

require (
	github.com/grafana/grafana-foundation-sdk/go v0.0.22
	github.com/standard-webhooks/standard-webhooks/libraries v0.0.1
)
