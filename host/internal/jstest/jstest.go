// Package jstest builds and runs JavaScript actions in tests and benchmarks:
// the real engine, sandbox, guest and egress, without store and executor.
package jstest

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/egress"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/jsbuild"
	"github.com/usherhost/usher/host/jsbuild/frames"
	"github.com/usherhost/usher/host/jsbuild/sourcemap"
	"github.com/usherhost/usher/host/sandbox"
)

// Kit builds actions and runs them. Guests may reach loopback. It is safe for
// concurrent use.
type Kit struct {
	Sandbox *sandbox.Sandbox
	Builder *jsbuild.Builder
	Runner  *guest.Runner

	egress  *egress.Client
	modules modules
	dir     string
}

// Open returns a kit with a cache of its own. The caller must close the kit.
func Open(ctx context.Context) (*Kit, error) {
	dir, err := os.MkdirTemp("", "usher-js-*")
	if err != nil {
		return nil, err
	}
	s, err := sandbox.Open(ctx, sandbox.Config{CacheDir: dir, Functions: guest.Functions()})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	k := (&Kit{dir: dir, egress: newEgress()}).Over(s)
	k.Builder = jsbuild.New(jsbuild.Config{Sandbox: s})
	return k, nil
}

var (
	shared     *Kit
	openShared = sync.OnceValues(func() (*Kit, error) {
		kit, err := Open(context.Background())
		shared = kit
		return kit, err
	})
)

// Shared returns the one kit of the tests of a package, whose TestMain calls
// [Main]. It is opened by the first call.
func Shared(t testing.TB) *Kit {
	t.Helper()
	kit, err := openShared()
	if err != nil {
		t.Fatal(err)
	}
	return kit
}

// Main runs the tests of a package, closes the shared kit, and returns the exit
// code.
func Main(m *testing.M) int {
	code := m.Run()
	if shared == nil {
		return code
	}
	if err := shared.Close(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// Over returns a kit that runs in another sandbox. It can't build, and is not
// to be closed.
func (k *Kit) Over(s *sandbox.Sandbox) *Kit {
	over := &Kit{Sandbox: s, egress: k.egress, dir: k.dir}
	over.Runner = &guest.Runner{
		Sandbox: s, Modules: &over.modules, Secrets: &over.modules, Egress: k.egress,
		Cache: &guest.Cache{}, SourceMaps: &sourcemap.Modules{Module: over.modules.Module}, Frames: frames.Reader{},
	}
	return over
}

// Egress returns what sends the requests of the kit's runs.
func (k *Kit) Egress() guest.Egress { return k.egress }

func newEgress() *egress.Client {
	return &egress.Client{AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
}

// Close frees what the kit holds.
func (k *Kit) Close(ctx context.Context) error {
	k.Builder.Close()
	k.egress.Close()
	return errors.Join(k.Sandbox.Close(ctx), os.RemoveAll(k.dir))
}

// Run is one run of a module.
type Run struct {
	Event    string            // the event's JSON; "" is one of a user "auth0|1" with the address jo@example.com
	Secrets  map[string]string // of the action
	Settings host.Settings     // over the defaults; an empty egress may go to any loopback address
	Egress   guest.Egress      // that sends its requests; nil is the kit's

	Attempt    int // 0 is the first
	Resumption host.Resumption
}

// event is what runs have that name none.
const event = `{"user":{"user_id":"auth0|1","email":"jo@example.com"}}`

// Run runs a module that was built on the event.
func (k *Kit) Run(ctx context.Context, wasm []byte, r Run) (host.Result, host.Tape, error) {
	runner := *k.Runner
	if r.Egress != nil {
		runner.Egress = r.Egress
	}
	return runner.Run(ctx, k.runOf(wasm, r))
}

// ProfileCode runs a module as Run does and returns where its code used fuel.
func (k *Kit) ProfileCode(ctx context.Context, wasm []byte) (host.Result, []guest.Spot, error) {
	return k.Runner.ProfileCode(ctx, k.runOf(wasm, Run{}))
}

func (k *Kit) runOf(wasm []byte, r Run) guest.Run {
	if r.Event == "" {
		r.Event = event
	}
	digest := k.modules.add(wasm, r.Secrets)
	settings := r.Settings.Over(host.DefaultSettings())
	if r.Settings.Egress.IsZero() {
		settings.Egress.Mode = host.EgressPublic
	}
	return guest.Run{
		ExecutionID: "exe_1", Attempt: max(r.Attempt, 1), Resumption: r.Resumption,
		Event: &host.Event{ID: "evt_1", Trigger: host.PostUserRegistration, Body: []byte(r.Event)},
		Step: host.Step{
			BindingID: "bnd_1", ActionID: digest, Action: "action", Number: 1,
			Digest: digest, Settings: settings,
		},
	}
}

// modules are the kit's modules, and the secrets of their actions: an action's
// id is its module's digest.
type modules struct {
	mu      sync.Mutex
	wasm    map[string][]byte
	secrets map[string]map[string]string
}

func (m *modules) add(wasm []byte, secrets map[string]string) string {
	digest := host.Digest(wasm)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.wasm == nil {
		m.wasm, m.secrets = map[string][]byte{}, map[string]map[string]string{}
	}
	m.wasm[digest], m.secrets[digest] = wasm, secrets
	return digest
}

// Module implements guest.Modules.
func (m *modules) Module(_ context.Context, digest string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.wasm[digest], nil
}

// Secrets implements guest.Secrets.
func (m *modules) Secrets(_ context.Context, actionID string) (map[string]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.secrets[actionID], nil
}

// Play plays a run back that Run has recorded.
func (k *Kit) Play(ctx context.Context, wasm []byte, r Run, recorded *guest.Recorded) (*guest.Replayed, error) {
	return k.Runner.Replay(ctx, k.runOf(wasm, r), recorded, nil)
}
