package daemon_test

import (
	"bytes"
	"log/slog"
	"net"
	"path/filepath"
	"testing"

	"github.com/usherhost/usher/host/daemon"
)

func TestTheServiceManagerHearsOfEachState(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = manager.Close() }()
	t.Setenv("NOTIFY_SOCKET", socket)
	for _, state := range []string{daemon.Ready, daemon.Stopping} {
		daemon.Notify(state, slog.New(slog.DiscardHandler))
		got := make([]byte, 64)
		n, err := manager.Read(got)
		if err != nil || string(got[:n]) != state {
			t.Errorf("the manager got %q, %v; want %q", got[:n], err, state)
		}
	}
}

func TestAManagerThatIsGoneStopsNothing(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", filepath.Join(t.TempDir(), "gone"))
	var out bytes.Buffer
	daemon.Notify(daemon.Ready, slog.New(slog.NewTextHandler(&out, nil)))
	if !bytes.Contains(out.Bytes(), []byte("not notified")) {
		t.Errorf("logged %q", &out)
	}
	t.Setenv("NOTIFY_SOCKET", "")
	out.Reset()
	daemon.Notify(daemon.Ready, slog.New(slog.NewTextHandler(&out, nil)))
	if out.Len() > 0 {
		t.Errorf("without a manager it logged %q", &out)
	}
}
