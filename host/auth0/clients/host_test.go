// Package clients holds Auth0's own tools against usher: the Go library, the
// Node library and the deploy tool, each unchanged, over TLS.
package clients

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// usher is the command, built once for all tests.
var usher string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "usher-clients-*")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer func() { _ = os.RemoveAll(dir) }() // the system empties its temporary folder too
		usher = filepath.Join(dir, "usher")
		build := exec.Command("go", "build", "-o", usher, "./host/cmd/usher")
		build.Dir = "../../.."
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build usher: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// server is a real `usher serve` with a development certificate.
type server struct {
	address      string // host:port, what the tools call the domain
	id, key      string // of an API key: a client's id and secret
	dir, ca      string
	mu           sync.Mutex
	requests     []request
	unexpectedly []string
}

// request is a line of the access log.
type request struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	Status int    `json:"status"`
}

// start starts a server, and stops it with the test. It fails the test when a
// request for actions met a path or method that is not there, and when there
// were more than enough of them.
func start(t *testing.T) *server {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, usher, "serve", "--data", dir, "--listen", "127.0.0.1:0", "--tls-dev",
		"--allow-network", "127.0.0.0/8", "--log-format", "json")
	cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+dir)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 30 * time.Second
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &server{dir: dir, ca: filepath.Join(dir, "tls", "ca.pem")}
	ready, ended := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(ended)
		s.read(stderr, ready)
	}()
	t.Cleanup(func() {
		stop()
		<-ended
		_ = cmd.Wait() // stop interrupted it
		s.check(t)
	})
	select {
	case s.address = <-ready:
	case <-ended:
		t.Fatalf("usher serve ended: %s", strings.Join(s.unexpectedly, "\n"))
	case <-time.After(30 * time.Second):
		t.Fatal("usher serve did not begin within 30 s")
	}
	s.makeKey(t)
	return s
}

// read reads the log: where the server listens, and what it was asked.
func (s *server) read(log io.Reader, ready chan<- string) {
	for lines := bufio.NewScanner(log); lines.Scan(); {
		var line struct {
			Msg     string `json:"msg"`
			Address string `json:"address"`
			request
		}
		if json.Unmarshal(lines.Bytes(), &line) != nil {
			s.mu.Lock()
			s.unexpectedly = append(s.unexpectedly, lines.Text())
			s.mu.Unlock()
			continue
		}
		switch line.Msg {
		case "serving":
			ready <- line.Address
		case "request":
			s.mu.Lock()
			s.requests = append(s.requests, line.request)
			s.mu.Unlock()
		}
	}
}

func (s *server) makeKey(t *testing.T) {
	t.Helper()
	out := s.usher(t, "keys", "create", "tools", "--scope", "manage,ingest,decide", "--json")
	var key struct{ ID, Key string }
	if err := json.Unmarshal([]byte(out), &key); err != nil || key.Key == "" {
		t.Fatalf("make a key: %v: %s", err, out)
	}
	s.id, s.key = key.ID, key.Key
}

// usher runs one of the commands against the server.
func (s *server) usher(t *testing.T, args ...string) string {
	t.Helper()
	return s.run(t, usher, append(args, "--data", s.dir, "--url", "https://"+s.address)...)
}

// run runs a tool that trusts the server's certificate, and returns what it
// printed.
func (s *server) run(t *testing.T, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+s.ca, "SSL_CERT_FILE="+s.ca,
		"AUTH0_DOMAIN="+s.address, "AUTH0_CLIENT_ID="+s.id, "AUTH0_CLIENT_SECRET="+s.key)
	var out, bad bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &bad
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s%s", filepath.Base(name), strings.Join(args, " "), err, out.String(), bad.String())
	}
	return out.String()
}

// check looks at what the tools asked for.
func (s *server) check(t *testing.T) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	const enough = 300
	seen := map[string]int{}
	for _, r := range s.requests {
		if !strings.HasPrefix(r.Path, "/api/v2/actions") {
			continue
		}
		seen[r.Method+" "+r.Path]++
		missing := r.Status == http.StatusNotFound || r.Status == http.StatusMethodNotAllowed || r.Status >= http.StatusInternalServerError
		if missing && !strings.Contains(r.Path, gone) {
			t.Errorf("%s %s was answered %d", r.Method, r.Path, r.Status)
		}
	}
	for asked, times := range seen {
		if times > enough {
			t.Errorf("%s was asked %d times", asked, times)
		}
	}
	if len(seen) == 0 {
		t.Error("no request for actions arrived")
	}
}

// gone stands in the ids that tests ask for to see what is not there.
const gone = "00000000-0000-4000-8000-000000000000"

// post sends a registration and returns its execution's id.
func (s *server) post(t *testing.T, user string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "event.json")
	event := fmt.Sprintf(`{"user":{"user_id":%q,"email":"ada@example.com"}}`, user)
	if err := os.WriteFile(file, []byte(event), 0o600); err != nil {
		t.Fatal(err)
	}
	var sent struct {
		ExecutionID string `json:"execution_id"`
	}
	out := s.usher(t, "events", "send", file, "--json")
	if err := json.Unmarshal([]byte(out), &sent); err != nil || sent.ExecutionID == "" {
		t.Fatalf("send an event: %v: %s", err, out)
	}
	return sent.ExecutionID
}

// decide asks whether a user with this address may register, and returns the answer
// and its reason.
func (s *server) decide(t *testing.T, email string) string {
	t.Helper()
	body := fmt.Sprintf(`{"user":{"email":%q},"request":{"ip":"203.0.113.7"}}`, email)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+s.address+"/v1/decisions/pre-user-registration", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.key)
	r.Header.Set("Content-Type", "application/json")
	response, err := s.client(t).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct{ Decision, Reason string }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("the decision was answered %d, %v", response.StatusCode, err)
	}
	return strings.TrimSpace(answer.Decision + " " + answer.Reason)
}

// client returns an HTTP client that trusts the server's certificate.
func (s *server) client(t *testing.T) *http.Client {
	t.Helper()
	pem, err := os.ReadFile(s.ca)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: roots}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// receiver is where actions send what they do.
type receiver struct {
	*httptest.Server
	mu  sync.Mutex
	got []string
}

func receive(t *testing.T) *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body) // what was cut off shows in the comparison
		r.mu.Lock()
		defer r.mu.Unlock()
		r.got = append(r.got, q.URL.Path+" "+string(body))
	}))
	t.Cleanup(r.Close)
	return r
}

// all returns what came, in order.
func (r *receiver) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string{}, r.got...)
}

// until waits for a condition, and fails the test when it never holds.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("after 30 s still not: %s", what)
		}
		time.Sleep(20 * time.Millisecond) // between two looks
	}
}

// code is an action that sends the receiver its name, and a secret.
func code(url, name string) string {
	return fmt.Sprintf(`exports.onExecutePostUserRegistration = async (event, api) => {
  await fetch(%q, { method: "POST", body: event.user.user_id + " " + event.secrets.TOKEN });
};
`, url+"/"+name)
}
