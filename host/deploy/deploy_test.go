package deploy_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usherhost/usher/host/internal/serving"
	"github.com/usherhost/usher/host/web"
)

// patience is how long a test waits for a process, on a slow machine too.
const patience = time.Minute

var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "usher-deploy")
	if err != nil {
		return "", err
	}
	return serving.Build(context.Background(), dir)
})

func TestMain(m *testing.M) {
	code := m.Run()
	if binary, err := built(); err == nil {
		_ = os.RemoveAll(filepath.Dir(binary))
	}
	os.Exit(code)
}

// logs is a process's standard error.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// await waits until condition holds.
func await(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !condition(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited for %s", what)
		}
	}
}

// begin starts a process that ends with the test.
func begin(t *testing.T, name string, args ...string) (*exec.Cmd, *logs) {
	t.Helper()
	out := &logs{}
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Stderr, cmd.WaitDelay = out, 10*time.Second
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Wait() // the test's context has ended, and so has the process
		if t.Failed() {
			t.Logf("%s printed:\n%s", name, out)
		}
	})
	return cmd, out
}

// usher is a host that listens on a port of this machine.
type usher struct {
	data, address, key string
	cmd                *exec.Cmd
	log                *logs
}

func startUsher(t *testing.T, address string) *usher {
	t.Helper()
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	u := &usher{data: filepath.Join(t.TempDir(), "data")}
	u.cmd, u.log = begin(t, binary, "serve", "--data", u.data, "--listen", address, "--trusted-proxy", "127.0.0.1/32", "--drain-delay", "0s")
	serving := regexp.MustCompile(`msg=serving address=(\S+)`)
	await(t, "the host", func() bool {
		found := serving.FindStringSubmatch(u.log.String())
		if found != nil {
			u.address = found[1]
		}
		return found != nil
	})
	key, err := os.ReadFile(filepath.Join(u.data, "admin.key"))
	if err != nil {
		t.Fatal(err)
	}
	u.key = strings.TrimSpace(string(key))
	return u
}

// certificate makes files of a certificate for this machine, and a client that trusts it
// and comes from another address than the proxy does.
func certificate(t *testing.T) (cert, key string, client *http.Client) {
	t.Helper()
	dir := t.TempDir()
	if _, err := web.DevCertificate(dir, []string{"localhost", "127.0.0.1"}); err != nil {
		t.Fatal(err)
	}
	ca, err := os.ReadFile(filepath.Join(dir, web.DevCAFile))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 9)}}
	transport := &http.Transport{DialContext: dialer.DialContext, TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return filepath.Join(dir, "cert.pem"), filepath.Join(dir, "cert.key"), &http.Client{Transport: transport}
}

// freePort returns a port that was free a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return port
}

// changed returns a sample with parts of it replaced, each of which it must have.
func changed(t *testing.T, file string, parts ...string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(parts); i += 2 {
		if !strings.Contains(string(text), parts[i]) {
			t.Fatalf("%s has no %q", file, parts[i])
		}
	}
	return strings.NewReplacer(parts...).Replace(string(text))
}

func write(t *testing.T, file, text string) string {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
