package wasmbin_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/wasmbin"
)

const entry = "onExecutePostUserRegistration"

func TestParseReadsTheOutline(t *testing.T) {
	t.Parallel()
	m, err := wasmbin.Parse(guests.Wasm("echo"))
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Imports) != 7 || m.Imports[0].Module != "extism:host/env" || m.Imports[0].Name != "input_length" {
		t.Errorf("imports %+v", m.Imports)
	}
	f, ok := m.Function(entry)
	if !ok || len(f.Params) != 0 || !bytes.Equal(f.Results, []byte{0x7f}) {
		t.Errorf("entry %v %+v", ok, f)
	}
	if _, ok := m.Function("nothing"); ok {
		t.Error("found a function that is not there")
	}
}

func TestParseRefusesOtherFiles(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		wasm string
		is   error
		says string
	}{
		{name: "nothing", is: wasmbin.ErrNotWasm},
		{name: "plain text", wasm: "hello, world", is: wasmbin.ErrNotWasm},
		{name: "a component", wasm: "\x00asm\x0d\x00\x01\x00", is: wasmbin.ErrComponent},
		{name: "a section that is cut off", wasm: "\x00asm\x01\x00\x00\x00\x01\x10", says: "section 1 at byte 8: the module is truncated"},
		{name: "an unknown section", wasm: "\x00asm\x01\x00\x00\x00\x7f\x00", says: "unknown section id 127"},
		{name: "a count without entries", wasm: "\x00asm\x01\x00\x00\x00\x01\x05\xff\xff\xff\xff\x0f", says: "truncated"},
		{name: "an integer without end", wasm: "\x00asm\x01\x00\x00\x00\x01\xff\xff\xff\xff\xff\xff", says: "too large"},
		{name: "a section with bytes left over", wasm: "\x00asm\x01\x00\x00\x00\x01\x02\x00\x00", says: "1 bytes too many"},
		{name: "a garbage-collected type", wasm: "\x00asm\x01\x00\x00\x00\x01\x04\x01\x5e\x00\x00", says: "type form 0x5e"},
		{name: "a shared memory", wasm: "\x00asm\x01\x00\x00\x00\x05\x04\x01\x03\x01\x02", says: "limits flag 0x03"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := wasmbin.Parse([]byte(tt.wasm))
			if err == nil || tt.is != nil && !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"echo", "script", "unknownimport", "table"} {
		f.Add(guests.Wasm(name))
	}
	f.Fuzz(func(t *testing.T, wasm []byte) {
		m, err := wasmbin.Parse(wasm)
		if err != nil {
			return
		}
		for i := range uint32(4) {
			_, _ = m.FuncType(i)
		}
	})
}
