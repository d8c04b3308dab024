package author

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usherhost/usher/host/sandbox"
)

// The profile is read by pprof itself, as `go tool` has it.
func TestAProfileIsReadByPprof(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "fuel.pb.gz")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	err = writePprof(file, "calls", samplesOf([]sandbox.FunctionFuel{
		{Stack: []string{"work", "entry"}, Calls: 3, Fuel: 300},
		{Stack: []string{"entry"}, Calls: 1, Fuel: 100},
		{Stack: []string{"work", "_initialize"}, Calls: 1, Fuel: 200, Initial: true},
	}))
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, flags, want string }{
		{name: "fuel by function, its own and all", flags: "-top", want: "500units 83.33% 83.33% 500units 83.33% work"},
		{name: "callers", flags: "-top", want: "100units 16.67% 100% 400units 66.67% entry"},
		{name: "calls", flags: "-top -sample_index=calls", want: "4 80.00% 80.00% 4 80.00% work"},
		{name: "the entry alone", flags: "-top -tagignore=phase=initialisation", want: "300units 50.00% 50.00% 300units 50.00% work"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"tool", "pprof"}, strings.Fields(tt.flags)...)
			out, err := exec.CommandContext(t.Context(), "go", append(args, path)...).CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if got := strings.Join(strings.Fields(string(out)), " "); !strings.Contains(got, tt.want) {
				t.Errorf("printed %s, want %q", out, tt.want)
			}
		})
	}
}

func TestAProfileOfCodeHasFilesAndLines(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "fuel.pb.gz")
	if err := (profileFlags{pprof: path}).saveCode("action", spots); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "go", "tool", "pprof", "-top", "-lines", path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, want := range []string{"600units 60.00% 60.00% 900units 90.00% mul node_modules/@big/int/lib/mul.js:7", "handler action.js:5"} {
		if got := strings.Join(strings.Fields(string(out)), " "); !strings.Contains(got, want) {
			t.Errorf("printed %s, want %q", out, want)
		}
	}
}
