// Package scripts holds the JavaScript actions that are measured, and runs them
// as the host does, as users of the Extism SDK do, and in Node and workerd.
package scripts

import (
	"context"
	"crypto/md5" //nolint:gosec // SQS answers with it, and its client compares
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/usherhost/usher/host/internal/hosttest"
	"github.com/usherhost/usher/host/jsbuild"
	"github.com/usherhost/usher/host/jsbuild/bundle"
	"github.com/usherhost/usher/host/sandbox"
)

// Entry is what every action exports.
const Entry = "onExecutePostUserRegistration"

// Names are the actions, the cheapest first.
var Names = []string{"trivial", "slack", "axios", "jose", "aws"}

// Missing says that something is not installed that a measurement needs.
type Missing struct{ What string }

// Error names what is missing and how to get it.
func (m *Missing) Error() string { return m.What }

// Script is an action that was built.
type Script struct {
	Name         string
	Wasm         []byte
	FromBytecode string // why each run evaluates its top-level code; "" when it does not

	dir    string // of the actions and their packages
	event  []byte // without secrets
	server *httptest.Server
}

// Open builds an action and starts the server that its requests go to. The
// error is a [*Missing] when its packages are not installed, or the engine was
// not made. The caller must close it.
func Open(ctx context.Context, s *sandbox.Sandbox, name string) (*Script, error) {
	dir, err := Folder()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", ".package-lock.json")); err != nil && name != "trivial" {
		return nil, &Missing{"its packages are not installed: run 'npm install' in host/bench/testdata/js"}
	}
	code, err := os.ReadFile(filepath.Join(dir, name+".js"))
	if err != nil {
		return nil, err
	}
	built, err := build(ctx, s, bundle.Source{Name: name + ".js", Code: code, Dir: dir})
	if err != nil {
		return nil, err
	}
	return &Script{
		Name: name, Wasm: built.Module, FromBytecode: built.Reason,
		dir: dir, event: hosttest.Event(1).Body, server: httptest.NewServer(http.HandlerFunc(serve)),
	}, nil
}

// serve answers as a queue of AWS does, if it is asked as one. The client compares
// the hash with that of what it sent.
func serve(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Amz-Target") == "" {
		_, _ = io.WriteString(w, "ok")
		return
	}
	var message struct{ MessageBody string }
	if err := json.NewDecoder(r.Body).Decode(&message); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	_, _ = fmt.Fprintf(w, `{"MessageId":"1","MD5OfMessageBody":"%x"}`, md5.Sum([]byte(message.MessageBody))) //nolint:gosec // as above
}

// requests is how many requests a run of the action sends.
func (s *Script) requests() int {
	if s.Name == "trivial" || s.Name == "jose" {
		return 0
	}
	return 1
}

// Close stops the server.
func (s *Script) Close() { s.server.Close() }

// secrets are the action's; without a server it has none.
func (s *Script) secrets() map[string]string {
	if s.server == nil {
		return nil
	}
	return map[string]string{"URL": s.server.URL + "/users"}
}

// withSecrets returns the event as actions get it.
func (s *Script) withSecrets() []byte {
	return fmt.Appendf(nil, `%s,"secrets":{"URL":%q}}`, s.event[:len(s.event)-1], s.secrets()["URL"])
}

// Many builds n actions whose sources differ, and hands each to then.
func Many(ctx context.Context, s *sandbox.Sandbox, n int, then func(*Script) error) error {
	b := jsbuild.New(jsbuild.Config{Sandbox: s})
	defer b.Close()
	for i := range n {
		code := fmt.Appendf(nil, "const names = { own: %d };\nexports.%s = async (event) => { console.log(names.own, event.user.email); };\n", i, Entry)
		built, err := b.Build(ctx, bundle.Source{Name: "action.js", Code: code})
		if err != nil {
			return err
		}
		if err := then(&Script{Name: "trivial", Wasm: built.Module, event: hosttest.Event(i).Body}); err != nil {
			return err
		}
	}
	return nil
}

func build(ctx context.Context, s *sandbox.Sandbox, src bundle.Source) (*jsbuild.Built, error) {
	b := jsbuild.New(jsbuild.Config{Sandbox: s})
	defer b.Close()
	return b.Build(ctx, src)
}

// Folder returns the folder of the actions, from anywhere in the checkout.
func Folder() (string, error) {
	at, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		dir := filepath.Join(at, "host", "bench", "testdata", "js")
		if _, err := os.Stat(dir); err == nil {
			return dir, nil
		}
		if at == filepath.Dir(at) {
			return "", errors.New("run it in a checkout of the repository")
		}
		at = filepath.Dir(at)
	}
}
