package jsmatrix_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/jstest"
	"github.com/usherhost/usher/host/jsbuild"
	"github.com/usherhost/usher/host/jsbuild/bundle"
)

// event is what every action is run on.
const event = `{"user":{"user_id":"auth0|1","email":"jo@example.com"},"tenant":{"id":"t"}}`

// row is one package and the outcome of its test.
type row struct {
	folder  string // of the package in node_modules
	name    string
	version string
	tried   string

	outcome
	want *outcome // in Node; nil where it was not run in Node

	moduleBytes int
	from        string // snapshot or bytecode
	reason      string // why bytecode
	fuel        int64

	verdict, remark string
}

// outcome is what the world sees of a run.
type outcome struct {
	Requests []string `json:"requests"`
	Logs     []string `json:"logs"`
}

func (o outcome) text() string {
	return strings.Join(o.Requests, "\n----\n") + "\n==== logs\n" + strings.Join(o.Logs, "\n")
}

// The verdicts, from best to worst.
const (
	works   = "works"
	refused = "refused"
	differs = "differs"
	fails   = "fails"
)

// newRow reads what a row's action says of itself.
func newRow(t *testing.T, file string) *row {
	t.Helper()
	r := &row{folder: strings.ReplaceAll(strings.TrimSuffix(filepath.Base(file), ".js"), "+", "/")}
	manifest, err := os.ReadFile(filepath.Join("testdata", "node_modules", r.folder, "package.json"))
	if err != nil {
		t.Fatalf("%v: run 'task jsmatrix:setup', which installs the packages", err)
	}
	var m struct{ Name, Version string }
	if err := json.Unmarshal(manifest, &m); err != nil {
		t.Fatal(err)
	}
	r.name, r.version = m.Name, m.Version
	return r
}

// try builds the row's action, runs it and judges it.
func (r *row) try(t *testing.T, file string) {
	t.Helper()
	code, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(code), "\n")
	r.tried = strings.TrimPrefix(first, "// ")
	kit := jstest.Shared(t)
	built, err := kit.Builder.Build(t.Context(), bundle.Source{Name: filepath.Base(file), Code: code, Dir: filepath.Dir(file)})
	if err != nil {
		r.verdict, r.remark = fails, buildFailure(err)
		t.Log(err)
		return
	}
	r.measure(built)
	out := newWorld(t)
	result, _, err := kit.Run(t.Context(), built.Module, jstest.Run{Event: event, Secrets: secrets(out.URL)})
	if err != nil {
		t.Fatal(err)
	}
	r.fuel, r.outcome = result.Stats.Fuel, outcomeOf(out, logged(result))
	r.judge(t, file, result)
	if r.verdict == fails && len(built.Warnings) > 0 {
		r.remark += "; " + built.Warnings[0].Hint
	}
}

func buildFailure(err error) string {
	var wrong *host.BuildFailure
	if errors.As(err, &wrong) {
		return "the build says: " + wrong.Messages[0].Text
	}
	return "the build says: " + err.Error()
}

func (r *row) measure(b *jsbuild.Built) {
	r.moduleBytes, r.from, r.reason = len(b.Module), "snapshot", b.Reason
	if b.FromBytecode {
		r.from = "bytecode"
	}
}

// judge compares with Node, unless the sandbox refused.
func (r *row) judge(t *testing.T, file string, result host.Result) {
	t.Helper()
	if e := result.Error; !result.Succeeded && e != nil && e.Name == "UnsupportedInSandboxError" {
		r.verdict, r.remark = refused, e.Message
		return
	}
	if !result.Succeeded {
		r.verdict = fails
		if r.remark = "limit " + result.Limit; result.Error != nil {
			r.remark = result.Error.Line()
			t.Log(result.Error.Stack)
		}
		t.Logf("%s\nlogs: %s", r.remark, strings.Join(r.Logs, "\n"))
		return
	}
	r.want = inNode(t, r.folder, file)
	if r.verdict = works; r.text() != r.want.text() {
		r.verdict = differs
		t.Logf("here:\n%s\nin Node:\n%s", r.text(), r.want.text())
	}
}

func secrets(url string) map[string]string {
	return map[string]string{"URL": url, "TOKEN": "t0ken-us1"}
}

func outcomeOf(out *world, logs []string) outcome {
	o := outcome{Requests: out.requests(), Logs: []string{}}
	for _, line := range logs {
		o.Logs = append(o.Logs, out.settled(line))
	}
	return o
}

func logged(r host.Result) []string {
	lines := []string{}
	for _, l := range r.Logs {
		if l.Level != "debug" {
			lines = append(lines, l.Message)
		}
	}
	return lines
}

// inNode returns what the same file does in Node: from the golden file, which
// -update writes again.
func inNode(t *testing.T, folder, file string) *outcome {
	t.Helper()
	if !*update {
		o, ok := golden[folder]
		if !ok {
			t.Fatalf("testdata/node.json does not have what %s does in Node: run the test with -update", file)
		}
		return &o
	}
	o := runNode(t, file)
	goldenMu.Lock()
	defer goldenMu.Unlock()
	golden[folder] = *o
	return o
}

func runNode(t *testing.T, file string) *outcome {
	t.Helper()
	out := newWorld(t)
	path, err := filepath.Abs(file)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := json.Marshal(secrets(out.URL))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "--experimental-websocket", filepath.Join("testdata", "run.mjs"), path, event, string(keys))
	cmd.Env = append(slices.Clone(os.Environ()), "TZ=UTC", "NODE_ENV=production", "NODE_NO_WARNINGS=1")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s in Node: %v\n%s", file, err, stderr.String())
	}
	var lines []string
	if err := json.Unmarshal(text, &lines); err != nil {
		t.Fatalf("%s in Node: %v: %s", file, err, text)
	}
	o := outcomeOf(out, lines)
	return &o
}

func (r *row) String() string {
	return fmt.Sprintf("%-28s %-10s %-8s %5d KiB %-8s %6.1f M %d %s", r.folder, r.version, r.verdict, r.moduleBytes>>10, r.from, float64(r.fuel)/1e6, len(r.Requests), r.remark+" "+r.reason)
}
