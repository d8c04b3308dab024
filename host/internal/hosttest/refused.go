package hosttest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

// Refused checks err's code, and that it points to each of pointers and has each
// of parts somewhere.
func Refused(t *testing.T, err error, code host.Code, pointers []string, parts ...string) {
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
			t.Errorf("%q is missing in:\n%s", text, all)
		}
	}
}
