package wasmbin_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/usherhost/usher/host/wasmbin"
)

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

func TestSpecificationModulesComeBackUnchanged(t *testing.T) {
	t.Parallel()
	runtime := wazero.NewRuntimeWithConfig(t.Context(), wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(api.CoreFeaturesV2))
	t.Cleanup(func() { _ = runtime.Close(t.Context()) })
	same, valid := 0, 0
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
		if bytes.Equal(w.Wasm, wasm) {
			same++
			continue
		}
		t.Logf("%s: not canonical", name)
	}
	t.Logf("%d valid modules, %d unchanged", valid, same)
}
