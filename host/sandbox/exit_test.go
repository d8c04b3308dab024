package sandbox_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	sdk "github.com/extism/go-sdk"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/sandbox/extism"
)

// TestAnExitWithZeroIsASuccess exits from the depth of an entry, as Extism's SDK
// is the oracle for, and of a linked module's.
func TestAnExitWithZeroIsASuccess(t *testing.T) {
	t.Parallel()
	s := open(t)
	exits, wasi := guests.Wasm("exit"), sdk.PluginConfig{EnableWasi: true}
	plugin, err := sdk.NewPlugin(t.Context(), sdk.Manifest{Wasm: []sdk.Wasm{sdk.WasmData{Data: exits}}}, wasi, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = plugin.Close(context.Background()) }()
	code, want, err := plugin.Call(entry, []byte("0, and the output stays"))
	if err != nil || code != 0 {
		t.Fatalf("the oracle: %d, %v", code, err)
	}
	manifest, err := json.Marshal(map[string]any{"wasm": []map[string]any{
		{"data": exits, "name": "exits"}, {"data": guests.Wasm("exitlink"), "name": "main"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	whole, err := extism.ReadManifest(manifest, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, wasm := range map[string][]byte{"alone": exits, "linked": whole.Wasm} {
		m := load(t, s, wasm)
		for _, isolation := range append(isolations, host.IsolationReset) {
			r := request("0, and the output stays")
			r.Isolation = isolation
			if out := m.Run(t.Context(), r); out.Fault != nil || string(out.Output) != string(want) {
				t.Errorf("%s in %s: output %q, want %q, fault %+v", name, isolation, out.Output, want, out.Fault)
			}
			r = request("3")
			r.Isolation = isolation
			out := m.Run(t.Context(), r)
			if out.Fault == nil || out.Fault.Kind != host.FaultGuest || !strings.Contains(out.Fault.Message, "exited with code 3") {
				t.Errorf("%s in %s: an exit with 3: %+v", name, isolation, out.Fault)
			}
		}
	}
}

// TestAnInitialisationMayExitWithZero goes on with the next step after a start
// section and an _initialize that exit, with an image and without one.
func TestAnInitialisationMayExitWithZero(t *testing.T) {
	t.Parallel()
	m := load(t, open(t), guests.Wasm("exitinit"))
	for _, isolation := range append(isolations, host.IsolationReset) {
		r := request("")
		r.Isolation = isolation
		if out := m.Run(t.Context(), r); out.Fault != nil || out.Isolation != isolation {
			t.Errorf("%s: ran in %s, fault %+v", isolation, out.Isolation, out.Fault)
		}
	}
}
