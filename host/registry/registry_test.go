package registry_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/egress"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/registry"
	"github.com/usherhost/usher/host/sandbox"
	"github.com/usherhost/usher/host/seal"
	"github.com/usherhost/usher/host/sqlite"
	"github.com/usherhost/usher/host/web"
)

const trigger = host.PostUserRegistration

// open returns a registry over a database, a box and a sandbox of its own.
func open(t *testing.T) (*registry.Registry, *sqlite.DB) {
	t.Helper()
	dir := t.TempDir()
	db, err := sqlite.Open(t.Context(), dir, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	box, err := seal.Open(t.Context(), seal.Options{CreateFile: filepath.Join(dir, "secrets.key")}, db)
	if err != nil {
		t.Fatal(err)
	}
	sand, err := sandbox.Open(t.Context(), sandbox.Config{CacheDir: filepath.Join(dir, "cache"), Functions: guest.Functions()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(sand.Close(context.Background()), db.Close()); err != nil {
			t.Error(err)
		}
	})
	return &registry.Registry{
		Store:     db,
		Inspector: &guest.Runner{Sandbox: sand},
		Box:       box,
		NewKey:    web.NewKey,
		CheckOrigin: func(origin string) error {
			_, err := egress.ParseOrigin(origin)
			return err
		},
	}, db
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
