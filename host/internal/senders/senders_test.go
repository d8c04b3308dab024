// Package senders runs the examples of host/docs/senders.md against a host.
package senders_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/ingress"
	"github.com/usherhost/usher/host/internal/hosttest"
	"github.com/usherhost/usher/host/web"
)

// examples are the languages of the page: the info string of a block, the file for
// its code, and the command that runs it in that folder.
var examples = []struct {
	language, file string
	command        []string
	oneAnswer      bool // it tries again what the host answers, not lost connections
}{
	{language: "sh", file: "send.sh", command: []string{"sh", "send.sh"}, oneAnswer: true},
	{language: "js", file: "send.mjs", command: []string{"node", "send.mjs"}},
	{language: "go", file: "main.go", command: []string{"go", "run", "."}},
	{language: "python", file: "send.py", command: []string{"python3", "send.py"}},
	{language: "php", file: "send.php", command: []string{"php", "send.php"}},
	{language: "ruby", file: "send.rb", command: []string{"ruby", "send.rb"}},
}

const root = "../../.."

func TestEveryExampleSendsItsEventUntilTheHostHasIt(t *testing.T) {
	t.Parallel()
	for _, e := range examples {
		t.Run(e.language, func(t *testing.T) {
			t.Parallel()
			h, routes := serve(t)
			_, key, err := h.Registry.CreateKey(t.Context(), host.NewKey{Name: "signup", Scopes: []host.Scope{host.ScopeIngest}})
			if err != nil {
				t.Fatal(err)
			}
			var requests atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch n := requests.Add(1); {
				case n == 1:
					w.Header().Set("Retry-After", "1")
					http.Error(w, "busy", http.StatusServiceUnavailable)
				case n == 2 && !e.oneAnswer: // the event is stored, and its answer lost
					routes.ServeHTTP(httptest.NewRecorder(), r)
					panic(http.ErrAbortHandler)
				default:
					routes.ServeHTTP(w, r)
				}
			}))
			t.Cleanup(server.Close)
			out, err := run(t, e.language, e.file, e.command, server.URL, key)
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			stored, err := h.DB.Executions(t.Context(), host.ExecutionQuery{UserID: "auth0|ada", Limit: 10})
			if err != nil || len(stored) != 1 {
				t.Fatalf("%d executions, %v; it printed\n%s", len(stored), err, out)
			}
			if !strings.Contains(out, stored[0].ID) {
				t.Errorf("it printed %q, without the id %s", out, stored[0].ID)
			}
		})
	}
}

func TestNoExampleSendsARefusedEventAgain(t *testing.T) {
	t.Parallel()
	for _, e := range examples {
		t.Run(e.language, func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				requests.Add(1)
				w.Header().Set("Content-Type", "application/problem+json")
				w.WriteHeader(http.StatusBadRequest)
				_, _ = io.WriteString(w, `{"title": "Bad Request", "status": 400, "detail": "the event does not fit"}`)
			}))
			t.Cleanup(server.Close)
			out, err := run(t, e.language, e.file, e.command, server.URL, "usher_k")
			if err == nil || !strings.Contains(out, "the event does not fit") {
				t.Errorf("it ended with %v and printed\n%s", err, out)
			}
			if n := requests.Load(); n != 1 {
				t.Errorf("it sent %d requests", n)
			}
		})
	}
}

// serve opens a host, and returns what serves its events.
func serve(t *testing.T) (*hosttest.Host, http.Handler) {
	t.Helper()
	h := hosttest.New(t, hosttest.Options{Idle: true})
	routes := web.NewEcho(slog.New(slog.DiscardHandler))
	sender := &ingress.Server{Store: h.DB, Refused: h.DB, Sealer: h.Box}
	sender.Register(routes.Group("/v1"), web.NewAuthenticator(h.DB).Require(host.ScopeIngest))
	return h, routes
}

// run writes the page's example of a language to a folder and runs it.
func run(t *testing.T, language, file string, command []string, url, key string) (string, error) {
	t.Helper()
	if _, err := exec.LookPath(command[0]); err != nil {
		t.Skipf("SKIPPED: %s is not installed (task senders:setup)", command[0])
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, file), example(t, language))
	absolute, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	switch language {
	case "js":
		modules := filepath.Join(dir, "node_modules")
		if err := os.Mkdir(modules, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join(absolute, "sdk/js/sender"), filepath.Join(modules, "usher-sender")); err != nil {
			t.Fatal(err)
		}
	case "go":
		write(t, filepath.Join(dir, "go.mod"), fmt.Sprintf("module example.com/app\n\ngo 1.26.0\n\n"+
			"require github.com/usherhost/usher v0.0.0\n\nreplace github.com/usherhost/usher => %s\n", absolute))
	}
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "USHER_URL="+url, "USHER_KEY="+key, "GOFLAGS=-mod=mod", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// example is the page's first block of a language.
func example(t *testing.T, language string) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(root, "host/docs/senders.md"))
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?ms)^```" + language + "\n(.*?)^```").FindSubmatch(page)
	if block == nil {
		t.Fatalf("host/docs/senders.md has no example in %s", language)
	}
	return string(block[1])
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
