package check_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/internal/hosttest"
	"github.com/usherhost/usher/host/internal/jstest"
	"github.com/usherhost/usher/host/sandbox"
)

// compiled is the cache of all the hosts of these tests, so that the JavaScript engine is
// compiled once.
var compiled string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "usher-check-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	compiled = dir
	code := jstest.Main(m)
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func newHost(t *testing.T) *hosttest.Host {
	t.Helper()
	return hosttest.New(t, hosttest.Options{Sandbox: func(ctx context.Context, _ string) (*sandbox.Sandbox, error) {
		return sandbox.Open(ctx, sandbox.Config{CacheDir: compiled, Functions: guest.Functions()})
	}})
}
