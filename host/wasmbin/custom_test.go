package wasmbin_test

import (
	"bytes"
	"testing"

	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/wasmbin"
)

func TestACustomSectionIsReadAsItWasAppended(t *testing.T) {
	t.Parallel()
	wasm := guests.Wasm("echo")
	wasm = wasmbin.AppendCustom(wasm, "one", []byte("first"))
	wasm = wasmbin.AppendCustom(wasm, "empty", nil)
	wasm = wasmbin.AppendCustom(wasm, "one", []byte("second"))
	for _, tt := range []struct {
		name  string
		wasm  []byte
		want  string
		found bool
	}{
		{name: "one", wasm: wasm, want: "first", found: true},
		{name: "empty", wasm: wasm, found: true},
		{name: "none", wasm: wasm},
		{name: "one", wasm: wasm[:len(wasm)-1], want: "first", found: true}, // only a later section is cut off
		{name: "one", wasm: wasm[4:]},
		{name: "one"},
	} {
		got := wasmbin.CustomSection(tt.wasm, tt.name)
		if string(got) != tt.want || (got != nil) != tt.found {
			t.Errorf("section %q of %d bytes: %q, want %q", tt.name, len(tt.wasm), got, tt.want)
		}
	}
	for n := range wasm {
		if got := wasmbin.CustomSection(wasm[:n], "one"); got != nil && !bytes.Equal(got, []byte("first")) {
			t.Fatalf("the first %d bytes: %q", n, got)
		}
	}
}
