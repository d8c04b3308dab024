package wasmbin_test

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/usherhost/usher/host/wasmbin"
)

//go:embed testdata/spectest.wasm
var spectest []byte

// specSuite returns the directory of the WebAssembly 2.0 specification's tests,
// which come with the engine's source in the module cache.
func specSuite(t testing.TB) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/tetratelabs/wazero").Output()
	if err != nil {
		t.Fatalf("find the engine's source: %v", err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "internal/integration_test/spectest/v2/testdata")
}

func specModules(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(specSuite(t), "*.wasm"))
	if err != nil || len(files) < 4000 {
		t.Fatalf("%d specification modules, error %v", len(files), err)
	}
	modules := make(map[string][]byte, len(files))
	for _, f := range files {
		wasm, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		modules[filepath.Base(f)] = wasm
	}
	return modules
}

// strange are the specification's modules whose integers are not in their
// shortest form; they come back in another one.
func strange(name string) bool {
	return strings.HasPrefix(name, "binary-leb128.") || name == "float_literals.1.wasm"
}

func TestSpecificationModulesComeBackUnchanged(t *testing.T) {
	t.Parallel()
	runtime := wazero.NewRuntimeWithConfig(t.Context(), wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(api.CoreFeaturesV2))
	t.Cleanup(func() { _ = runtime.Close(context.Background()) })
	valid := 0
	for name, wasm := range specModules(t) {
		w, err := wasmbin.Rewrite(wasm, wasmbin.Options{})
		compiled, invalid := runtime.CompileModule(t.Context(), wasm)
		if invalid != nil {
			continue
		}
		_ = compiled.Close(t.Context())
		if valid++; err != nil {
			t.Errorf("%s: the engine takes it, the rewriter does not: %v", name, err)
			continue
		}
		if !strange(name) && !bytes.Equal(w.Wasm, wasm) {
			t.Errorf("%s changed", name)
		}
		again, err := wasmbin.Rewrite(w.Wasm, wasmbin.Options{})
		if err != nil || !bytes.Equal(again.Wasm, w.Wasm) {
			t.Errorf("%s changes the second time: %v", name, err)
		}
	}
	if valid < 1700 {
		t.Errorf("only %d valid modules", valid)
	}
}

// specFile is one of the specification's scripts, as wast2json writes them.
type specFile struct {
	Commands []specCommand `json:"commands"`
}

type specCommand struct {
	Type     string `json:"type"`
	Line     int    `json:"line"`
	Name     string `json:"name"`
	Filename string `json:"filename"`
	As       string `json:"as"`
	Action   struct {
		Type   string      `json:"type"`
		Module string      `json:"module"`
		Field  string      `json:"field"`
		Args   []specValue `json:"args"`
	} `json:"action"`
}

type specValue struct {
	Type  string `json:"type"`
	Lane  string `json:"lane_type"`
	Value any    `json:"value"`
}

// words returns the value as the engine takes it.
func (v specValue) words() []uint64 {
	lanes, ok := v.Value.([]any)
	if !ok {
		return []uint64{v.word(v.Value)}
	}
	var words [2]uint64
	bits := 128 / len(lanes)
	for i, lane := range lanes {
		n := v.word(lane) & (math.MaxUint64 >> (64 - bits))
		words[i*bits/64] |= n << (i * bits % 64)
	}
	return words[:]
}

func (v specValue) word(value any) uint64 {
	text := value.(string)
	switch {
	case text == "null":
		return 0
	case strings.HasPrefix(text, "nan"):
		return 0x7fc00000
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return uint64(n)
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

// universe runs one script with one kind of modules on one engine.
type universe struct {
	runtime wazero.Runtime
	change  func([]byte) []byte
	named   map[string]api.Module
	last    api.Module
}

func newUniverse(t testing.TB, config wazero.RuntimeConfig, change func([]byte) []byte) *universe {
	t.Helper()
	u := &universe{runtime: newRuntime(t, config, endless), change: change, named: map[string]api.Module{}}
	if _, err := u.runtime.InstantiateWithConfig(t.Context(), spectest, wazero.NewModuleConfig().WithName("spectest")); err != nil {
		t.Fatal(err)
	}
	return u
}

// do runs a command and returns its outcome.
func (u *universe) do(ctx context.Context, dir string, script []specCommand, i int) string {
	c := script[i]
	switch c.Type {
	case "module", "assert_uninstantiable":
		wasm, err := os.ReadFile(filepath.Join(dir, c.Filename))
		if err != nil {
			return err.Error()
		}
		m, err := u.runtime.InstantiateWithConfig(ctx, u.change(wasm), wazero.NewModuleConfig().WithName(registeredAs(script, i)))
		if err != nil {
			return "error " + firstLine(err)
		}
		u.last, u.named[c.Name] = m, m
	case "assert_return", "action", "assert_trap", "assert_exhaustion":
		return u.act(ctx, c)
	}
	return ""
}

func (u *universe) act(ctx context.Context, c specCommand) string {
	m := u.last
	if c.Action.Module != "" {
		m = u.named[c.Action.Module]
	}
	if c.Action.Type == "get" {
		return fmt.Sprint(m.ExportedGlobal(c.Action.Field).Get())
	}
	var args []uint64
	for _, a := range c.Action.Args {
		args = append(args, a.words()...)
	}
	f := m.ExportedFunction(c.Action.Field)
	if f == nil {
		return "no function " + c.Action.Field
	}
	results, err := f.Call(ctx, args...)
	if err != nil {
		return "error " + firstLine(err)
	}
	for i, typ := range f.Definition().ResultTypes() {
		if typ == wasmbin.TypeFuncref && i < len(results) {
			results[i] = min(results[i], 1) // an address
		}
	}
	return fmt.Sprint(results)
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// registeredAs looks ahead for the name under which a module is imported.
func registeredAs(script []specCommand, i int) string {
	for _, c := range script[i+1:] {
		if c.Type == "register" && (c.Name == "" || c.Name == script[i].Name) {
			return c.As
		}
		if c.Type == "module" && script[i].Name == "" {
			break
		}
	}
	return ""
}

// TestMeteredModulesPassTheSpecificationsTests runs the specification's scripts
// with the modules as they are and metered, in both of the engine's forms.
func TestMeteredModulesPassTheSpecificationsTests(t *testing.T) {
	t.Parallel()
	dir := specSuite(t)
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var script specFile
			if err := json.Unmarshal(raw, &script); err != nil {
				t.Fatal(err)
			}
			for _, config := range []wazero.RuntimeConfig{wazero.NewRuntimeConfigCompiler(), wazero.NewRuntimeConfigInterpreter()} {
				compareScripts(t, dir, script.Commands, config)
			}
		})
	}
}

func compareScripts(t *testing.T, dir string, script []specCommand, config wazero.RuntimeConfig) {
	t.Helper()
	plain := newUniverse(t, config, func(wasm []byte) []byte { return wasm })
	with := newUniverse(t, config, func(wasm []byte) []byte { return meteredOrSame(wasm) })
	for i, c := range script {
		want, got := plain.do(t.Context(), dir, script, i), with.do(t.Context(), dir, script, i)
		if want != got && !slices.Contains([]string{"assert_uninstantiable"}, c.Type) {
			t.Errorf("line %d: %s %s: metered %s, plain %s", c.Line, c.Type, c.Action.Field, got, want)
		}
	}
}

func meteredOrSame(wasm []byte) []byte {
	w, err := wasmbin.Rewrite(wasm, wasmbin.Options{Meter: true, Strip: true, MergeData: true})
	if err != nil {
		return wasm
	}
	return w.Wasm
}
