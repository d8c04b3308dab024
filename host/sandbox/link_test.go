package sandbox_test

import (
	"encoding/json"
	"strings"
	"testing"

	sdk "github.com/extism/go-sdk"

	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/sandbox/extism"
)

func linked(t *testing.T) []byte {
	t.Helper()
	manifest, err := json.Marshal(map[string]any{"wasm": []map[string]any{
		{"data": guests.Wasm("linklib"), "name": "numbers"},
		{"data": guests.Wasm("link"), "name": "main"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	m, err := extism.ReadManifest(manifest, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return m.Wasm
}

func TestModulesOfAManifestAreLinked(t *testing.T) {
	t.Parallel()
	s := open(t)
	wasm := linked(t)
	in, found, err := s.Inspect(t.Context(), wasm, entry)
	if err != nil || len(in.Problems) > 0 || len(found) != 1 {
		t.Fatalf("inspection %+v, %v", in, err)
	}
	plugin, err := sdk.NewPlugin(t.Context(), sdk.Manifest{Wasm: []sdk.Wasm{
		sdk.WasmData{Data: guests.Wasm("linklib"), Name: "numbers"}, sdk.WasmData{Data: guests.Wasm("link"), Name: "main"},
	}}, sdk.PluginConfig{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, want, err := plugin.Call(entry, []byte("twelve bytes"))
	if err != nil {
		t.Fatal(err)
	}
	m := load(t, s, wasm)
	for range 2 { // the second finds nothing of the first
		out := m.Run(t.Context(), request("twelve bytes"))
		if out.Fault != nil || string(out.Output) != string(want) || out.Fuel == 0 {
			t.Errorf("output %v, want %v, fuel %d, fault %v", out.Output, want, out.Fuel, out.Fault)
		}
	}
	endless := request("")
	endless.Limits.TimeoutMillis = 300
	if f := m.Run(t.Context(), endless).Fault; f == nil || f.Limit != "timeout_ms" {
		t.Errorf("a linked module that never ends: %+v", f)
	}
}

func TestALinkedModuleIsCheckedAsTheMainOneIs(t *testing.T) {
	t.Parallel()
	s := open(t)
	for name, tt := range map[string]struct {
		links []extism.Link
		says  string
	}{
		"a missing one":        {nil, `serves no module "numbers"`},
		"one that lacks it":    {[]extism.Link{{Name: "numbers", Wasm: guests.Wasm("noop")}}, `"numbers" exports no such function`},
		"one with bad imports": {[]extism.Link{{Name: "numbers", Wasm: guests.Wasm("unknownimport")}}, `linked module "numbers": the module imports "extism:host/env"."launch_missiles"`},
		"one that is no wasm":  {[]extism.Link{{Name: "numbers", Wasm: []byte("text")}}, "not a WebAssembly module"},
		"a name of the host's": {[]extism.Link{{Name: "extism:host/env", Wasm: guests.Wasm("linklib")}}, "which is taken"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, _, err := s.Inspect(t.Context(), extism.Bundle(guests.Wasm("link"), tt.links), entry)
			if err != nil {
				t.Fatal(err)
			}
			var all []string
			for _, p := range in.Problems {
				all = append(all, p.Detail)
			}
			if !strings.Contains(strings.Join(all, "\n"), tt.says) {
				t.Errorf("problems %q, want %q", all, tt.says)
			}
		})
	}
}
