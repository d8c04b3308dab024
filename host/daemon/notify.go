package daemon

import (
	"log/slog"

	"github.com/coreos/go-systemd/v22/daemon"
)

// The states that a service manager hears of (sd_notify). Without NOTIFY_SOCKET in the
// environment nothing is sent.
const (
	Ready    = daemon.SdNotifyReady    // requests are answered
	Stopping = daemon.SdNotifyStopping // the host drains
)

// Notify reports a state to the service manager that started this process. It never
// waits for an answer.
func Notify(state string, log *slog.Logger) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		log.Warn("the service manager was not notified", "state", state, "error", err)
	}
}
