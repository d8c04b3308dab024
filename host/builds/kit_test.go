package builds_test

import (
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/builds"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/internal/hosttest"
	"github.com/usherhost/usher/host/registry"
	"github.com/usherhost/usher/host/sqlite"
)

const trigger = host.PostUserRegistration

// rig is a registry and builds over one store.
type rig struct {
	*registry.Registry
	*builds.Builds
}

// newRig returns a rig over a store with what other has.
func newRig(store host.RegistryStore, other *registry.Registry, b builds.Builder) *rig {
	r := &registry.Registry{Store: store}
	if other != nil {
		r.Inspector, r.Box, r.NewKey, r.CheckOrigin = other.Inspector, other.Box, other.NewKey, other.CheckOrigin
	}
	made := &builds.Builds{Store: store, Registry: r, Builder: b}
	r.Changed = made.Changed
	return &rig{r, made}
}

// store returns what both keep their data in.
func (r *rig) store() host.RegistryStore { return r.Registry.Store }

// open returns a rig over a host of its own that runs no builds in the background.
func open(t *testing.T) (*rig, *sqlite.DB) {
	t.Helper()
	h := hosttest.New(t, hosttest.Options{Concurrency: 1})
	return &rig{h.Registry, h.Builds}, h.DB
}

func upload(t *testing.T, r *rig, action string) host.Version {
	t.Helper()
	v, err := r.Upload(t.Context(), action, guests.Wasm("noop"), host.Manifest{}, true)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func write(name, value string) host.SecretWrite { return host.SecretWrite{Name: name, Value: &value} }

func secrets(t *testing.T, r *rig, action string) map[string]string {
	t.Helper()
	values, err := r.Secrets(t.Context(), action)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

func pointer[T any](v T) *T { return &v }
