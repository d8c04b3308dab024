package check_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// patience is how long a test waits for a process, on a slow machine too.
const patience = 3 * time.Minute

// received is one message that a receiver got.
type received struct {
	header http.Header
	body   []byte
}

// receiver records messages, and answers with a status.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex // guards those below
	status int
	got    []received
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{status: http.StatusServiceUnavailable}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		if err != nil {
			return
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.got = append(r.got, received{q.Header.Clone(), body})
		w.WriteHeader(r.status)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) answers(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// await returns the messages of a type, once there are n.
func (r *receiver) await(t *testing.T, kind string, n int) []received {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		var found []received
		r.mu.Lock()
		for _, one := range r.got {
			if strings.Contains(string(one.body), `"type":"`+kind+`"`) {
				found = append(found, one)
			}
		}
		r.mu.Unlock()
		if len(found) >= n {
			return found
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d messages of type %s came, want %d", len(found), kind, n)
		}
	}
}

// usher is a real host and its command line.
type usher struct {
	binary, data, url string
	serve             *exec.Cmd
}

func build(t *testing.T) *usher {
	t.Helper()
	u := &usher{binary: filepath.Join(t.TempDir(), "usher"), data: filepath.Join(t.TempDir(), "data")}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", u.binary, "./host/cmd/usher")
	cmd.Dir = "../../../.."
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build usher: %v\n%s", err, out)
	}
	return u
}

var serving = regexp.MustCompile(`msg=serving address=(\S+)`)

func (u *usher) start(t *testing.T) {
	t.Helper()
	var log bytes.Buffer
	var mu sync.Mutex // guards log
	u.serve = exec.CommandContext(context.WithoutCancel(t.Context()), u.binary, "serve", "--data", u.data, "--listen", "127.0.0.1:0", "--allow-network", "127.0.0.0/8")
	out, err := u.serve.StderrPipe()
	if err == nil {
		err = u.serve.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		chunk := make([]byte, 4096)
		for {
			n, err := out.Read(chunk)
			mu.Lock()
			log.Write(chunk[:n])
			mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(u.kill)
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		mu.Lock()
		found := serving.FindStringSubmatch(log.String())
		text := log.String()
		mu.Unlock()
		if found != nil {
			u.url = "http://" + found[1]
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the host does not serve:\n%s", text)
		}
	}
}

func (u *usher) kill() {
	_ = u.serve.Process.Kill()
	_ = u.serve.Wait()
}

// run runs a command and returns its stdout.
func (u *usher) run(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), u.binary, args...)
	cmd.Env = append(os.Environ(), "USHER_DATA="+u.data, "USHER_URL="+u.url)
	var out, failed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &failed
	if err := cmd.Run(); err != nil {
		t.Fatalf("usher %s: %v\n%s%s", strings.Join(args, " "), err, &out, &failed)
	}
	return strings.TrimSpace(out.String())
}

// verify checks a message by the library of Standard Webhooks.
func verify(t *testing.T, secret string, m received) error {
	t.Helper()
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	return hook.Verify(m.body, m.header)
}

func TestReceiversCheckMessagesByStandardWebhooks(t *testing.T) {
	t.Parallel()
	u, r := build(t), newReceiver(t)
	u.start(t)
	first := u.run(t, "webhooks", "add", "pager", r.URL+"/hook")
	u.run(t, "actions", "create", "sad", "--module", "../../../cmd/usher/testdata/fail.wasm", "--deploy")
	u.run(t, "bind", "sad", "--max-attempts", "1")
	event := filepath.Join(t.TempDir(), "event.json")
	if err := os.WriteFile(event, []byte(`{"user":{"user_id":"auth0|ada"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	u.run(t, "events", "send", event)
	refused := r.await(t, "dead_letter.created", 1)[0]
	if err := verify(t, first, refused); err != nil {
		t.Errorf("the library refuses the message: %v", err)
	}
	other := received{refused.header.Clone(), append([]byte(nil), refused.body...)}
	other.body[len(other.body)-2] ^= 1
	if verify(t, first, other) == nil {
		t.Error("the library takes a message that was changed")
	}

	// The host is killed before the receiver takes it.
	u.kill()
	r.answers(http.StatusNoContent)
	u.start(t)
	again := r.await(t, "dead_letter.created", len(r.await(t, "dead_letter.created", 1))+1)
	last := again[len(again)-1]
	if err := verify(t, first, last); err != nil {
		t.Errorf("the library refuses the message after a kill: %v", err)
	}
	if last.header.Get("webhook-id") != refused.header.Get("webhook-id") || !bytes.Equal(last.body, refused.body) {
		t.Error("the message after a kill is another one")
	}

	// Both secrets sign after a rotation.
	second := u.run(t, "webhooks", "rotate-secret", "pager")
	u.run(t, "webhooks", "test", "pager")
	test := r.await(t, "webhook.test", 1)[0]
	for _, secret := range []string{first, second} {
		if err := verify(t, secret, test); err != nil {
			t.Errorf("the library refuses the message of a rotated webhook: %v", err)
		}
	}
	if verify(t, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", test) == nil {
		t.Error("the library takes another secret")
	}
	var message struct {
		Version string
		Data    struct{ Kind, Summary string }
	}
	if err := json.Unmarshal(test.body, &message); err != nil || message.Version != "v1" || message.Data.Kind != "webhook.test" {
		t.Errorf("the test is %s, %v", test.body, err)
	}
	list := u.run(t, "webhooks", "list")
	if strings.Contains(list, first) || strings.Contains(list, second) {
		t.Error("a secret is shown again")
	}
}
