package registry_test

import (
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/internal/hosttest"
	"github.com/usherhost/usher/host/registry"
	"github.com/usherhost/usher/host/sqlite"
)

const trigger = host.PostUserRegistration

// open returns a registry over a database, a box and a sandbox of its own.
func open(t *testing.T) (*registry.Registry, *sqlite.DB) {
	t.Helper()
	h := hosttest.New(t, hosttest.Options{Idle: true})
	return h.Registry, h.DB
}

// action makes an action, with a deployed version when deploy is true.
func action(t *testing.T, r *registry.Registry, name string, deploy bool) host.Action {
	t.Helper()
	a, err := r.CreateAction(t.Context(), name, trigger, nil)
	if err != nil {
		t.Fatal(err)
	}
	if deploy {
		upload(t, r, a.ID)
	}
	return a
}

func upload(t *testing.T, r *registry.Registry, action string) host.Version {
	t.Helper()
	v, err := r.Upload(t.Context(), action, guests.Wasm("noop"), host.Manifest{}, true)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func pointer[T any](v T) *T { return &v }
