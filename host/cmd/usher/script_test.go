package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/usherhost/usher/host/child"
	"github.com/usherhost/usher/host/internal/receiver"
)

// TestMain lets the scripts run the real command line as a process of its own.
func TestMain(m *testing.M) {
	child.Main(childTasks()...) // hosts start this binary to build and admit modules
	testscript.Main(m, map[string]func(){"usher": main})
}

func TestCommandLine(t *testing.T) {
	t.Parallel()
	modules, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	library, err := filepath.Abs("../../../sdk/js")
	if err != nil {
		t.Fatal(err)
	}
	goCache, err := exec.CommandContext(t.Context(), "go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	cache := t.TempDir() // one for all, so that the JavaScript engine is compiled once
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("NO_COLOR", "1")
			env.Setenv("LIBRARY", library)
			env.Setenv("XDG_CACHE_HOME", cache)
			env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, ".state"))
			env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, ".config"))
			env.Setenv("GOCACHE", strings.TrimSpace(string(goCache)))
			env.Values[worldKey{}] = &world{}
			return copyModules(env, modules)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"receiver": startReceiver,
			"received": checkReceived,
			"serving":  awaitServing,
			"exits":    checkExit,
			"field":    storeField,
			"awaits":   awaitText,
			"until":    repeatUntil,
			"metrics":  awaitMetric,
			"page":     checkPage,
			"newer":    makeNewer,
		},
	})
}

func copyModules(env *testscript.Env, files []os.DirEntry) error {
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".wasm") {
			continue
		}
		wasm, err := os.ReadFile("testdata/" + file.Name())
		if err != nil {
			return err
		}
		if err := os.WriteFile(env.WorkDir+"/"+file.Name(), wasm, 0o600); err != nil {
			return err
		}
	}
	return nil
}

type worldKey struct{}

// world stands in for what is outside: a receiver that answers with the status.
type world struct {
	*receiver.Receiver
	status atomic.Int64
}

// startReceiver is `receiver [STATUS]`: it starts the receiver, which answers
// with STATUS, and sets $RECEIVER to its origin. Later calls change the status.
func startReceiver(ts *testscript.TestScript, neg bool, args []string) {
	out := ts.Value(worldKey{}).(*world)
	status := http.StatusOK
	if len(args) == 1 {
		var err error
		status, err = strconv.Atoi(args[0])
		ts.Check(err)
	}
	out.status.Store(int64(status))
	if out.Receiver != nil {
		return
	}
	out.Receiver = receiver.Start(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(int(out.status.Load())) })
	ts.Defer(out.Close)
	ts.Setenv("RECEIVER", out.URL)
}

// checkReceived is `received N [REQUEST]`: the receiver has got N requests, all
// of them REQUEST ("POST /path body", with JSON compared by value).
func checkReceived(ts *testscript.TestScript, neg bool, args []string) {
	received := ts.Value(worldKey{}).(*world).Requests()
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if len(received) != want {
		ts.Fatalf("received %d requests, want %d: %q", len(received), want, received)
	}
	for _, got := range received {
		if len(args) > 1 && !sameRequest(got.String(), args[1]) {
			ts.Fatalf("received %q, want %q", got, args[1])
		}
	}
}

func sameRequest(a, b string) bool {
	x, y := strings.SplitN(a, " ", 3), strings.SplitN(b, " ", 3)
	if !reflect.DeepEqual(x[:2], y[:2]) {
		return false
	}
	var v, w any
	return json.Unmarshal([]byte(x[2]), &v) == nil && json.Unmarshal([]byte(y[2]), &w) == nil && reflect.DeepEqual(v, w)
}

// patience is how long a script waits for what happens beside it, on a slow
// machine too.
const patience = 2 * time.Minute

// awaitServing is `serving FILE`: it waits until the host whose log goes to
// FILE serves, and sets $USHER_URL to its address.
func awaitServing(ts *testscript.TestScript, neg bool, args []string) {
	deadline := time.After(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		data, _ := os.ReadFile(ts.MkAbs(args[0]))
		if _, rest, ok := bytes.Cut(data, []byte("msg=serving address=")); ok {
			address, _, _ := strings.Cut(string(rest), " ")
			ts.Setenv("USHER_URL", "http://"+address)
			return
		}
		select {
		case <-deadline:
			ts.Fatalf("the host does not serve; its log:\n%s", data)
		case <-tick.C:
		}
	}
}

// awaitText is `awaits FILE REGEXP`: it waits until the file, which something in
// the background writes, has text that matches.
func awaitText(ts *testscript.TestScript, neg bool, args []string) {
	pattern, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	deadline := time.After(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		data, _ := os.ReadFile(ts.MkAbs(args[0]))
		if pattern.Match(data) {
			return
		}
		select {
		case <-deadline:
			ts.Fatalf("%s never has %s; it has:\n%s", args[0], args[1], data)
		case <-tick.C:
		}
	}
}

// repeatUntil is `until REGEXP usher ...`: it repeats the command, which must
// succeed, until its stdout has text that matches.
func repeatUntil(ts *testscript.TestScript, neg bool, args []string) {
	pattern, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	for deadline := time.Now().Add(patience); ; {
		ts.Check(ts.Exec(args[1], args[2:]...))
		out := ts.ReadFile("stdout")
		switch {
		case pattern.MatchString(out):
			return
		case time.Now().After(deadline):
			ts.Fatalf("%s never prints %s; it prints:\n%s", strings.Join(args[1:], " "), args[0], out)
		}
	}
}

// awaitMetric is `metrics REGEXP`: it waits until the host's metrics have text that matches.
func awaitMetric(ts *testscript.TestScript, neg bool, args []string) {
	pattern, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		r, err := http.Get(ts.Getenv("USHER_URL") + "/metrics")
		ts.Check(err)
		text, err := io.ReadAll(r.Body)
		_ = r.Body.Close()
		ts.Check(err)
		switch {
		case pattern.Match(text):
			return
		case time.Now().After(deadline):
			ts.Fatalf("no metric matches %s", args[0])
		}
	}
}

// checkExit is `exits CODE usher ...`: the command ends with exactly that code.
func checkExit(ts *testscript.TestScript, neg bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	code := "0"
	if exit, ok := err.(interface{ ExitCode() int }); ok {
		code = strconv.Itoa(exit.ExitCode())
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if code != args[0] {
		ts.Fatalf("exit code %s, want %s", code, args[0])
	}
}

// storeField is `field NAME VAR`: it sets VAR to the first value of the JSON
// field NAME in the last command's stdout.
func storeField(ts *testscript.TestScript, neg bool, args []string) {
	_, rest, ok := strings.Cut(ts.ReadFile("stdout"), `"`+args[0]+`": "`)
	if !ok {
		ts.Fatalf("stdout has no field %q", args[0])
	}
	value, _, _ := strings.Cut(rest, `"`)
	ts.Setenv(args[1], value)
}
