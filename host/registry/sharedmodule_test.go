package registry_test

import (
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/hosttest"
)

func TestSharedModulesThatAreRefused(t *testing.T) {
	t.Parallel()
	r, _ := open(t)
	if _, err := r.CreateSharedModule(t.Context(), "taken", host.Source{Code: "one"}, nil, true); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name         string
		sharedModule string
		src          host.Source
		secrets      []host.SecretWrite
		code         host.Code
		pointers     []string
	}{
		{name: "a name that is taken", sharedModule: "taken", code: host.Conflict},
		{name: "no name", code: host.Invalid, pointers: []string{"/name"}},
		{name: "a long name", sharedModule: strings.Repeat("x", 256), code: host.Invalid, pointers: []string{"/name"}},
		{name: "a NUL in the name", sharedModule: "a\x00b", code: host.Invalid, pointers: []string{"/name"}},
		{name: "a name that is turned around", sharedModule: "a\u202eb", code: host.Invalid, pointers: []string{"/name"}},
		{name: "what looks like an id", sharedModule: "lib_x", code: host.Invalid, pointers: []string{"/name"}},
		{name: "code that is no text", sharedModule: "a", src: host.Source{Code: "\xff"}, code: host.Invalid, pointers: []string{"/code"}},
		{name: "a secret without a value", sharedModule: "a", secrets: []host.SecretWrite{{Name: "A"}}, code: host.Invalid, pointers: []string{"/secrets/0/value"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := r.CreateSharedModule(t.Context(), tt.sharedModule, tt.src, tt.secrets, true)
			hosttest.Refused(t, err, tt.code, tt.pointers)
		})
	}
}
