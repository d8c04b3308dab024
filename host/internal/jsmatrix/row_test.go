package jsmatrix_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/jstest"
	"github.com/usherhost/usher/host/jsbuild/bundle"
)

// event is what every action is run on.
const event = `{"user":{"user_id":"auth0|1","email":"jo@example.com"},"tenant":{"id":"t"}}`

var secrets = map[string]string{"URL": receiverURL, "TOKEN": "t0ken-us1"}

// row is one package, tried in each form.
type row struct {
	*source
	display string // the package's name, or the entry of it that is tried
	version string
	tries   []*try // by the order of forms
}

// try is a row's action in one form.
type try struct {
	row  *row
	form form

	outcome
	want outcome // in Node

	moduleBytes int
	from        string // snapshot or bytecode
	because     string // why bytecode
	fuel        int64

	verdict, remark string
}

// outcome is what the world sees of a run.
type outcome struct {
	Requests []string `json:"requests"`
	Logs     []string `json:"logs"`
	Error    string   `json:"error,omitempty"`
}

// text is what is compared. A log line has no end of line of its own here.
func (o outcome) text() string {
	text := strings.Join(o.Requests, "\n----\n") + "\n==== logs"
	for _, line := range o.Logs {
		text += "\n" + strings.TrimRight(line, "\n")
	}
	if o.Error != "" {
		text += "\n==== error\n" + o.Error
	}
	return text
}

// The verdicts, from best to worst.
const (
	works   = "works"
	refused = "refused"
	differs = "differs"
	fails   = "fails"
)

// newRow reads a row's action, and its package in the folder.
func newRow(t *testing.T, file string) *row {
	t.Helper()
	r := &row{source: readSource(t, file)}
	from := r.uses[0].from
	folder := packageOf(from)
	manifest, err := os.ReadFile(filepath.Join(folderOf(*all), "node_modules", folder, "package.json"))
	if err != nil {
		t.Fatalf("%v: run 'task jsmatrix:setup' or 'task jsmatrix:setup:all', which install the packages", err)
	}
	var m struct{ Name, Version string }
	if err := json.Unmarshal(manifest, &m); err != nil {
		t.Fatal(err)
	}
	r.display, r.version = m.Name+strings.TrimPrefix(from, folder), m.Version
	for _, f := range forms {
		r.tries = append(r.tries, &try{row: r, form: f})
	}
	return r
}

func (y *try) name() string { return y.row.name + "/" + y.form.name }

// run builds the action, runs it and judges it.
func (y *try) run(t *testing.T) {
	t.Helper()
	defer func() { t.Log(y) }()
	y.want = inNode(t, y)
	kit := jstest.Shared(t)
	src := bundle.Source{Name: y.form.file, Code: y.row.code(y.form), Dir: folderOf(*all)}
	built, err := kit.Builder.Build(t.Context(), src)
	if err != nil {
		y.verdict, y.remark = fails, buildFailure(err)
		t.Log(err)
		return
	}
	y.moduleBytes, y.from, y.because = len(built.Module), "snapshot", built.Reason
	if built.FromBytecode {
		y.from = "bytecode"
	}
	out := newWorld(t, y.row.source)
	result, _, err := kit.Run(t.Context(), built.Module, jstest.Run{Event: event, Secrets: secrets, Egress: redirected{kit.Egress(), out.plain.URL}})
	if err != nil {
		t.Fatal(err)
	}
	y.fuel, y.outcome = result.Stats.Fuel, outcome{Requests: out.requests(), Logs: logged(result)}
	y.judge(t, result)
	if y.verdict == fails && len(built.Warnings) > 0 {
		y.remark += "; " + built.Warnings[0].Hint
	}
}

func buildFailure(err error) string {
	var wrong *host.BuildFailure
	if errors.As(err, &wrong) {
		return "the build says: " + wrong.Messages[0].Text
	}
	return "the build says: " + err.Error()
}

// judge compares with Node.
func (y *try) judge(t *testing.T, result host.Result) {
	t.Helper()
	if e := result.Error; !result.Succeeded && e != nil {
		y.Error = e.Name + ": " + e.Message
	}
	switch {
	case y.text() == y.want.text():
		y.verdict = works
		return
	case result.Succeeded:
		y.verdict, y.remark = differs, "not as in Node"
	case result.Error == nil:
		y.verdict, y.remark = fails, "limit "+result.Limit
	case result.Error.Name == "UnsupportedInSandboxError":
		y.verdict, y.remark = refused, result.Error.Message
	default:
		y.verdict, y.remark = fails, result.Error.Line()
		t.Log(result.Error.Stack)
	}
	if y.verdict != refused {
		t.Logf("here:\n%s\nin Node:\n%s", y.text(), y.want.text())
	}
}

func logged(r host.Result) []string {
	lines := []string{}
	for _, l := range r.Logs {
		if l.Level != "debug" && !strings.HasPrefix(l.Message, "(node:") { // a warning of the process, which Node writes elsewhere
			lines = append(lines, l.Message)
		}
	}
	return lines
}

func (y *try) String() string {
	return fmt.Sprintf("%-32s %-10s %-8s %-8s %5d KiB %-8s %6.1f M %d %s", y.row.name, y.row.version, y.form.name, y.verdict, y.moduleBytes>>10, y.from, float64(y.fuel)/1e6, len(y.Requests), y.remark+" "+y.because)
}
