package registry_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/internal/hosttest"
	"github.com/usherhost/usher/host/registry"
	"github.com/usherhost/usher/host/sqlite"
	"github.com/usherhost/usher/host/web"
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

// refused checks err's code, and that it points to each of pointers and has
// each of parts somewhere.
func refused(t *testing.T, err error, code host.Code, pointers []string, parts ...string) {
	t.Helper()
	e, ok := errors.AsType[*host.Error](err)
	if !ok || e.Code != code {
		t.Fatalf("error is %#v, want code %s", err, code)
	}
	all := e.Text + "\n" + web.Hint(e.Hint, e.Fix)
	var got []string
	for _, f := range e.Fields {
		got = append(got, f.Pointer)
		all += "\n" + f.Detail
	}
	if !slices.Equal(got, pointers) {
		t.Errorf("points to %q, want %q", got, pointers)
	}
	for _, text := range parts {
		if !strings.Contains(all, text) {
			t.Errorf("says nothing of %q:\n%s", text, all)
		}
	}
}

func pointer[T any](v T) *T { return &v }
