package nodesame_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/egress"
	"github.com/usherhost/usher/host/internal/jstest"
	"github.com/usherhost/usher/host/jsbuild/bundle"
	"github.com/usherhost/usher/host/redact"
)

// library is the part of the SDK that loads actions in Node, and packages the
// folder with the npm packages of our own actions.
const (
	library = "../../../sdk/js/lib"
	plugins = "../../../plugins"
)

// line is what both write, in each one's own words.
type line struct{ node, usher string }

// action is a file that is run in both.
type action struct {
	path      string
	packages  string // folder with its node_modules; "" is its own
	unordered bool   // its requests come in any order
	secure    bool   // the receiver speaks TLS
	differs   []line // for reasons in the table
}

// events are what each action is run on.
var events = map[string]string{
	"of a database": `{"connection":{"id":"con_1","name":"Users","strategy":"auth0"},` +
		`"request":{"geoip":{"countryCode":"DE","cityName":"Köln"},"ip":"203.0.113.7","language":"de","method":"POST"},"tenant":{"id":"acme"},` +
		`"user":{"user_id":"auth0|5f7c8ec7c33c6c004bbafe82","email":"ada+new@example.com","name":"Ada \"Countess\" Löwe <3","email_verified":false,` +
		`"created_at":"2026-11-21T20:10:11.123Z","updated_at":"2026-11-21T20:10:11.123Z","app_metadata":{},"user_metadata":{"greeting":"Gr\u00fc\u00dfe \ud83d\udc4b"}},"new":{"deep":[1,{"x":null}]}}`,
	"by phone": `{"connection":{"id":"con_2","name":"sms","strategy":"sms"},"tenant":{"id":"acme"},` +
		`"user":{"user_id":"sms|1","phone_number":"+12065550123","email_verified":false,"created_at":"2026-11-21T20:10:11.123Z","app_metadata":{},"user_metadata":{}}}`,
}

var openKit = sync.OnceValues(func() (*jstest.Kit, error) {
	kit, err := jstest.Open(context.Background())
	if err != nil {
		return nil, err
	}
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	trusted.RootCAs.AddCert(server.Certificate()) // that of every such server
	kit.Runner.Egress = trusted
	opened = kit
	return kit, nil
})

var opened *jstest.Kit

// trusted reaches receivers that speak TLS, too.
var trusted = &egress.Client{
	AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	RootCAs:       x509.NewCertPool(),
}

func TestMain(m *testing.M) {
	code := m.Run()
	trusted.Close()
	if opened != nil {
		if err := opened.Close(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// place returns the folder of the action's file, which has its packages.
func (a *action) place(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(a.path)
	if err != nil {
		t.Fatal(err)
	}
	if a.packages == "" {
		return path
	}
	packages, err := filepath.Abs(filepath.Join(a.packages, "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(packages, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	code, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(dir, filepath.Base(path))
	if err := os.WriteFile(copied, code, 0o600); err != nil {
		t.Fatal(err)
	}
	return copied
}

// run is one comparison.
type run struct {
	action
	file     string
	event    string
	receiver *receiver
	secrets  map[string]string
}

func (a *action) run(t *testing.T, file, event string) *run {
	t.Helper()
	r := &run{action: *a, file: file, event: event, receiver: newReceiver(t, a.secure)}
	base := r.receiver.URL
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer closed.Close()
	r.secrets = map[string]string{
		"BASE": base, "CLOSED": "http://" + closed.Addr().String(), "KEY": "k\u00e9y-0123456789",
		"SLACK_WEBHOOK_URL": base + "/services/T0/B0/X", "STORE_URL": base + "/users", "STORE_TOKEN": "tok-0123456789",
		"AUTH0_DOMAIN": r.receiver.Listener.Addr().String(), "AUTH0_CLIENT_ID": "client-0123456789", "AUTH0_CLIENT_SECRET": "secret-0123456789",
	}
	return r
}

// outcome is the outcome of a run, in either engine.
type outcome struct {
	Logs []struct {
		Level   string `json:"level"`
		Message string `json:"message"`
	} `json:"logs"`
	Failures  []host.ResultError `json:"failures"`
	Unhandled []host.ResultError `json:"unhandled"`
}

// node runs the action in Node.
func (r *run) node(t *testing.T) []string {
	t.Helper()
	r.receiver.begin()
	input, err := json.Marshal(map[string]any{"event": json.RawMessage(r.event), "secrets": r.secrets})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "testdata/node.mjs", r.file, library)
	cmd.Stdin = bytes.NewReader(input)
	if r.secure {
		cmd.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+r.certificate(t))
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	var got outcome
	if err == nil {
		err = json.Unmarshal(output, &got)
	}
	if err != nil {
		t.Fatalf("node: %v\n%s%s", err, output, stderr.Bytes())
	}
	return r.transcript(got)
}

func (r *run) certificate(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: r.receiver.Certificate().Raw})
	if err := os.WriteFile(file, block, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// usher runs the action, built, in Usher.
func (r *run) usher(t *testing.T, module []byte) []string {
	t.Helper()
	r.receiver.begin()
	kit, err := openKit()
	if err != nil {
		t.Fatal(err)
	}
	result, _, err := kit.Run(t.Context(), module, jstest.Run{Event: r.event, Secrets: r.secrets})
	if err != nil {
		t.Fatal(err)
	}
	return r.transcript(outcomeOf(t, result))
}

// outcomeOf returns a result in the form of Node's driver.
func outcomeOf(t *testing.T, result host.Result) outcome {
	t.Helper()
	var out outcome
	if len(result.Output) > 0 {
		if err := json.Unmarshal(result.Output, &out); err != nil {
			t.Fatal(err)
		}
	}
	if result.Error != nil {
		out.Failures = append(out.Failures, *result.Error)
	}
	for _, l := range result.Logs {
		if reason, found := strings.CutPrefix(l.Message, "Unhandled promise rejection: "); found && l.Level == "warn" {
			out.warned(reason, result.Succeeded)
			continue
		}
		out.Logs = append(out.Logs, struct {
			Level   string `json:"level"`
			Message string `json:"message"`
		}{l.Level, l.Message})
	}
	return out
}

// warned adds a rejection's name and message, which of a failed run are only in the
// log. Of a successful one they are in the output.
func (t *outcome) warned(reason string, succeeded bool) {
	if !succeeded {
		message, _, _ := strings.Cut(reason, "\n")
		t.Unhandled = append(t.Unhandled, host.ResultError{Message: message})
	}
}

// transcript writes down what the receiver got and what the run came to.
func (r *run) transcript(got outcome) []string {
	requests := r.receiver.requests()
	if r.unordered {
		slices.Sort(requests)
	}
	var text []string
	for _, l := range got.Logs {
		text = append(text, l.Level+" "+l.Message)
	}
	for _, e := range got.Failures {
		text = append(text, "failed "+e.Line())
	}
	for _, e := range got.Unhandled {
		text = append(text, "unhandled "+e.Line())
	}
	all := strings.Join(requests, "\n") + "\n" + redact.New(r.secrets).Text(strings.Join(text, "\n"))
	closed := strings.TrimPrefix(r.secrets["CLOSED"], "http://")
	all = strings.NewReplacer(r.receiver.Listener.Addr().String(), "RECEIVER", closed, "CLOSED").Replace(all)
	return strings.Split(all, "\n")
}

// compare reports where the transcripts differ, except for the known differences.
// What is known and no longer differs in any run is for the caller to find, by
// used.
func compare(node, usher []string, known []line, used map[line]bool) string {
	var b strings.Builder
	for _, d := range differences(node, usher) {
		if slices.Contains(known, d) {
			used[d] = true
			continue
		}
		fmt.Fprintf(&b, "  node:  %s\n  usher: %s\n", d.node, d.usher)
	}
	return b.String()
}

// differences are the stretches of lines in which a and b differ, by their
// longest common subsequence.
func differences(a, b []string) []line {
	common := make([][]int, len(a)+1) // of what is after i and j
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			common[i][j] = max(common[i+1][j], common[i][j+1])
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	var found []line
	for i, j := 0, 0; i < len(a) || j < len(b); {
		from, to := i, j
		for i < len(a) || j < len(b) {
			if i < len(a) && j < len(b) && a[i] == b[j] {
				break
			}
			if j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1] {
				i++
			} else {
				j++
			}
		}
		if i > from || j > to {
			found = append(found, paired(a[from:i], b[to:j])...)
			continue
		}
		i, j = i+1, j+1
	}
	return found
}

// paired puts lines beside each other when there are as many on both sides.
func paired(a, b []string) []line {
	if len(a) != len(b) {
		return []line{{strings.Join(a, "\n"), strings.Join(b, "\n")}}
	}
	pairs := make([]line, len(a))
	for i := range a {
		pairs[i] = line{a[i], b[i]}
	}
	return pairs
}

func TestActionsDoInUsherWhatTheyDoInNode(t *testing.T) {
	// One at a time: actions have timeouts, which a busy machine would meet.
	for _, a := range actions(t) {
		t.Run(filepath.Base(filepath.Dir(a.path))+"/"+filepath.Base(a.path), func(t *testing.T) {
			file := a.place(t)
			module := build(t, file)
			used := map[line]bool{}
			for name, event := range events {
				r := a.run(t, file, event)
				node, usher := r.node(t), r.usher(t, module)
				if wrong := compare(node, usher, a.differs, used); wrong != "" {
					t.Errorf("for a user %s:\n%s", name, wrong)
				}
			}
			for _, d := range a.differs {
				if !used[d] {
					t.Errorf("is no longer different: %q", d)
				}
			}
		})
	}
}

func build(t *testing.T, file string) []byte {
	t.Helper()
	kit, err := openKit()
	if err != nil {
		t.Fatal(err)
	}
	code, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	built, err := kit.Builder.Build(t.Context(), bundle.Source{Name: filepath.Base(file), Code: code, Dir: filepath.Dir(file)})
	if err != nil {
		t.Fatalf("build %s: %v\n(its packages are installed by: go tool -modfile=.tools/go.mod task plugins:setup)", file, err)
	}
	return built.Module
}
