package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/client"
	"github.com/usherhost/usher/host/daemon"
	"github.com/usherhost/usher/host/settings"
)

// evil is what a registrant, an author or a server would have a terminal do: forge
// a row and a hint, set the title, fill the clipboard, turn text around.
const evil = "x\nFORGED\n  FORGED\nusher: hint: FORGED\rFORGED\x1b]0;owned\a\x1b]52;c;b3duZWQ=\a\x1b[2J\u009b31m\u202e\u2066\u2028FORGED\u2029\x7f\u200b\ufeff\tz"

// fill puts evil into every text in v.
func fill(v reflect.Value) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)))
		return
	}
	if v.Type() == reflect.TypeFor[json.RawMessage]() {
		text, _ := json.Marshal(map[string]string{evil: evil})
		v.SetBytes(text)
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(evil)
	case reflect.Bool:
		v.SetBool(v.CanSet())
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte(evil))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key)
		fill(value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(v.Field(i))
			}
		}
	case reflect.Interface:
		v.Set(reflect.ValueOf(evil))
	}
}

func filled[T any]() T {
	var v T
	fill(reflect.ValueOf(&v).Elem())
	return v
}

// hostileHost answers every question with evil in all that has room for it.
func hostileHost(t *testing.T) *httptest.Server {
	t.Helper()
	result := filled[host.Result]()
	results := []map[string]any{}
	for _, succeeded := range []bool{true, false} {
		result.Succeeded = succeeded
		text, _ := json.Marshal(result)
		var one map[string]any
		_ = json.Unmarshal(text, &one)
		one["output"], one["seq"] = map[string]string{evil: evil}, 1
		results = append(results, one)
	}
	text, _ := json.Marshal(filled[host.Execution]())
	var execution map[string]any
	_ = json.Unmarshal(text, &execution)
	execution["results"] = results
	problem := map[string]any{"type": evil, "title": evil, "detail": evil, "code": "conflict", "hint": evil, "errors": []host.Field{{Pointer: evil, Detail: evil}}}
	answers := map[string]any{
		"actions": map[string]any{"actions": []host.Action{filled[host.Action]()}}, "actions/x": filled[host.Action](),
		"actions/x/versions": map[string]any{"versions": []host.Version{filled[host.Version]()}}, "actions/x/versions/1": filled[host.Version](),
		"actions/x/versions/1/capabilities": filled[host.Capabilities](), "actions/x/egress": filled[host.EgressReport](),
		"actions/x/draft": filled[host.Draft](), "actions/x/secrets": map[string]any{"secrets": []host.Secret{filled[host.Secret]()}},
		"triggers": map[string]any{"triggers": []any{map[string]string{"id": "post-user-registration"}}},
		"triggers/post-user-registration/bindings": map[string]any{"bindings": []host.Binding{filled[host.Binding]()}},
		"changes": filled[client.ChangePage](), "keys": map[string]any{"keys": []host.Key{filled[host.Key]()}},
		"executions": map[string]any{"executions": []any{execution}, "next": ""}, "executions/x": execution,
		"executions/x/logs": nil, "dead-letters": map[string]any{"executions": []any{execution}, "next": ""},
		"events/x": filled[client.Event](), "refused-events": map[string]any{"refused_events": []host.RefusedEvent{filled[host.RefusedEvent]()}, "next": evil},
		"refused-events/x": filled[client.RefusedEvent](), "logs": map[string]any{"results": results, "next": 1},
	}
	done := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		place := strings.TrimPrefix(r.URL.Path, "/v1/")
		answer, known := answers[place]
		switch {
		case place == "executions/x/logs":
			_, _ = w.Write([]byte(strings.ReplaceAll(evil, "\n", "\n    ")))
			return
		case place == "tail":
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = fmt.Fprintf(w, "id: 1\nevent: result\ndata: %s\n\n", mustJSON(results[1]))
			return
		case place == "logs" && done:
			answer = map[string]any{"results": []any{}, "next": 1}
		case !known || r.Method != http.MethodGet:
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusConflict)
			answer = problem
		}
		done = done || place == "logs"
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(server.Close)
	return server
}

func TestNothingThatAServerSaysReachesTheTerminalRaw(t *testing.T) {
	t.Parallel()
	for _, words := range []string{
		"actions list", "actions show x", "actions delete x", "actions create x", "versions x", "versions show x 1",
		"bindings list", "bindings tighten x --dry-run", "events refused list", "events refused show x", "tail --count 1", "secrets rm x y", "bind x", "unbind x", "secrets list x", "events show x", "executions list", "executions show x",
		"executions logs x", "executions retry x", "executions rerun x", "dead-letters", "dead-letters list", "logs", "logs --action x",
		"audit", "audit --details", "keys list", "keys create x --scope read", "keys rm x", "rollback x", "export OUT", "diff OUT",
		"events send EVENT", "inspect EVENT", "run EVENT",
	} {
		for _, mode := range []string{"", "--json "} {
			t.Run(mode+words, func(t *testing.T) {
				t.Parallel()
				out, errOut := hostileCommand(t, mode+words)
				if len(out)+len(errOut) == 0 {
					t.Error("it says nothing")
				}
				wantTame(t, out)
				wantTame(t, errOut)
			})
		}
	}
}

// TestOneWriter keeps values in their lines: what is printed goes through
// term.Fprintf and term.Fprintln.
func TestOneWriter(t *testing.T) {
	t.Parallel()
	allowed := map[string]int{"apply.go": 1, "audit.go": 1, "executions.go": 2, "replay.go": 1, "safe.go": 2, "ask.go": 2} // lines that are safe already, and prompts
	var files []string
	for _, dir := range []string{".", "../../author", "../../cli", "../../cli/*", "../../daemon", "../../settings"} {
		found, err := filepath.Glob(dir + "/*.go")
		if err != nil || len(found) == 0 {
			t.Fatalf("%s has %d files, %v", dir, len(found), err)
		}
		files = append(files, found...)
	}
	for _, path := range files {
		file := filepath.Base(path)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(`fmt\.Fprint(f|ln)?\((w|t\.Err|t\.Out|env\.Term\.(Out|Err)),|os\.Std(out|err)\.Write|[^.\w]print(ln|f)?\(`).FindAllString(string(text), -1)
		if !strings.HasSuffix(file, "_test.go") && len(found) > allowed[file] && file != "term.go" {
			t.Errorf("%s prints past term.Fprintf and term.Fprintln: %q", file, found)
		}
	}
}

// hostileCommand runs a command against a hostile host.
func hostileCommand(t *testing.T, words string) (out, errOut string) {
	t.Helper()
	dir := t.TempDir()
	event := filepath.Join(dir, "event"+strings.ReplaceAll(evil, "/", "")[:20]+".json")
	if err := os.WriteFile(event, []byte(`{"user":{"user_id":`+string(mustJSON(evil))+`}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	args := strings.Fields(words)
	for i := range args {
		switch args[i] {
		case "OUT":
			args[i] = filepath.Join(dir, "out\x1b[2J")
		case "EVENT":
			args[i] = event
		}
	}
	var stdout, stderr bytes.Buffer
	args = append(args, "--url", hostileHost(t).URL, "--key", "ush_x", "--data", filepath.Join(dir, "data"))
	run(args, strings.NewReader(""), &stdout, &stderr)
	return stdout.String(), stderr.String()
}

func mustJSON(v any) []byte { text, _ := json.Marshal(v); return text }

// wantTame fails when text could do something in a terminal, or has a line that
// the program did not write.
func wantTame(t *testing.T, text string) {
	t.Helper()
	for _, r := range text {
		if r != '\n' && r != '\t' && !host.Printable(r) {
			t.Errorf("%U is in %q", r, text)
			return
		}
	}
	for line := range strings.Lines(text) {
		const most = 4 // of indent, which stacks and the lines of a page have
		if indent := len(line) - len(strings.TrimLeft(line, " ")); indent < most && strings.HasPrefix(line[indent:], "FORGED") || strings.HasPrefix(line, "usher: hint: FORGED") {
			t.Errorf("a line is forged in\n%s", text)
			return
		}
	}
}

func TestTheHostsOwnLogIsTame(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"text", "json"} {
		var out bytes.Buffer
		log, _ := daemon.NewLogger(term.New(nil, &bytes.Buffer{}, &out).Err, settings.Config{LogLevel: "info", LogFormat: format})
		log.Info("message "+evil, "key"+evil, evil, "error", errors.New(evil))
		wantTame(t, out.String())
		if n := strings.Count(out.String(), "\n"); n != 1 {
			t.Errorf("%d lines in %q", n, out.String())
		}
		if format == "json" && !json.Valid(out.Bytes()) {
			t.Errorf("no JSON: %q", out.String())
		}
	}
}

func TestLongAnswersKeepTheirCharactersWhole(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	terminal := term.New(nil, &out, &out)
	var want strings.Builder
	err := terminal.Answer(nil, func(w io.Writer) {
		for i := range 9 {
			line := strings.Repeat("x", i) + strings.Repeat("─é🔑", 1000)
			want.WriteString("a line\n" + line + "\n")
			term.Fprintln(w, "a line")
			term.Fprintln(w, line)
		}
	})
	if err != nil || out.String() != want.String() {
		t.Errorf("characters were split: %v, %q", err, regexp.MustCompile(`\\x..`).FindAllString(out.String(), 9))
	}
}

func TestAResultForgesNoLines(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	term.Terminal{}.Result(&b, host.Result{
		Action: "greet", Fault: host.FaultGuest, Output: []byte(evil),
		Logs:  []host.Log{{Level: "info", Message: evil}},
		Error: &host.ResultError{Name: "Error", Message: "no\n" + evil, Stack: "Error: no\n" + evil + "\n    at f (a.js:1:2)\nhint: FORGED", Hint: evil},
	})
	if strings.Contains(b.String(), "\n  hint: FORGED") {
		t.Errorf("a hint is forged: %s", b.String())
	}
	var out bytes.Buffer
	_, _ = term.New(nil, &out, &out).Out.Write([]byte(b.String()))
	wantTame(t, out.String())
}
