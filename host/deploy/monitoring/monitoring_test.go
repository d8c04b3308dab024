// Package monitoring_test holds the alerts and the dashboard against a real host.
package monitoring_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/usherhost/usher/host/internal/serving"
)

// patience is how long a test waits for what happens beside it, on a slow machine too.
const patience = 2 * time.Minute

// ruleFile is as much of a file of rules as the tests need.
type ruleFile struct {
	Groups []struct {
		Rules []struct {
			Alert       string
			Expr        string
			Labels      map[string]string
			Annotations map[string]string
		}
	}
}

func readRules(t *testing.T) ruleFile {
	t.Helper()
	text, err := os.ReadFile("rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var rules ruleFile
	if err := yaml.Unmarshal(text, &rules); err != nil {
		t.Fatal(err)
	}
	return rules
}

// dashboardExpressions returns the queries of the panels and of the variables.
func dashboardExpressions(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			all = append(all, target.Expr)
		}
	}
	if len(all) < 20 {
		t.Fatalf("the dashboard has %d queries", len(all))
	}
	return all
}

// promtool runs Prometheus' own checks, and fails with what they print.
func promtool(t *testing.T, stdin string, args ...string) {
	t.Helper()
	path, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("SKIPPED: promtool is not there: task deploy:setup installs it")
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Stdin = strings.NewReader(stdin)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func TestPrometheusReadsTheAlertsAndTheirTestsPass(t *testing.T) {
	t.Parallel()
	promtool(t, "", "check", "rules", "--lint=all", "--lint-fatal", "rules.yaml")
	promtool(t, "", "test", "rules", "rules_test.yaml")
}

func TestPrometheusReadsTheQueriesOfTheDashboard(t *testing.T) {
	t.Parallel()
	var rules strings.Builder
	rules.WriteString("groups:\n- name: dashboard\n  rules:\n")
	fill := strings.NewReplacer("$__rate_interval", "5m", "$job", ".*", "$instance", ".*", "$action", ".*")
	for i, expr := range dashboardExpressions(t) {
		fmt.Fprintf(&rules, "  - {record: 'panel:%d', expr: %q}\n", i, fill.Replace(expr))
	}
	path := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(path, []byte(rules.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	promtool(t, "", "check", "rules", path)
}

func TestEachAlertHasAHintAndASectionInTheRunbook(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/monitoring.md")
	if err != nil {
		t.Fatal(err)
	}
	tests, err := os.ReadFile("rules_test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, group := range readRules(t).Groups {
		for _, r := range group.Rules {
			if r.Annotations["summary"] == "" || r.Annotations["description"] == "" ||
				!slices.Contains([]string{"info", "warning", "critical"}, r.Labels["severity"]) {
				t.Errorf("%s has %v, %v", r.Alert, r.Labels, r.Annotations)
			}
			if want := "host/docs/monitoring.md#" + strings.ToLower(r.Alert); r.Annotations["runbook"] != want {
				t.Errorf("%s names the runbook %s", r.Alert, r.Annotations["runbook"])
			}
			if !bytes.Contains(page, []byte("\n### "+r.Alert+"\n")) {
				t.Errorf("%s has no section in the runbook", r.Alert)
			}
			if bytes.Count(tests, []byte(r.Alert)) < 2 {
				t.Errorf("%s has no test that it is quiet, and one that it fires", r.Alert)
			}
		}
	}
}

var metricName = regexp.MustCompile(`\b(?:usher|process|go)_[a-z0-9_]+`)

// named returns the metrics that a query names, without the suffixes of a histogram.
func named(expr string) []string {
	var names []string
	for _, name := range metricName.FindAllString(expr, -1) {
		names = append(names, strings.TrimSuffix(name, "_bucket"))
	}
	return names
}

func TestEachMetricOfAlertsAndDashboardIsOneOfARealHost(t *testing.T) {
	t.Parallel()
	metrics := scrape(t, troubledHost(t))
	check := func(where, expr string) {
		names := named(expr)
		if len(names) == 0 && !strings.Contains(expr, "up{") {
			t.Errorf("%s names no metric: %s", where, expr)
		}
		for _, name := range names {
			if !strings.Contains(metrics, "# HELP "+name+" ") {
				t.Errorf("%s names %s, which the host does not have", where, name)
			}
		}
	}
	for _, group := range readRules(t).Groups {
		for _, r := range group.Rules {
			check(r.Alert, r.Expr)
		}
	}
	for _, expr := range dashboardExpressions(t) {
		check("the dashboard", expr)
	}
	for _, part := range []string{
		`usher_runs_total{action="sad",fault="guest",limit="",outcome="failed",trigger="post-user-registration",version="1"} `,
		`usher_dead_letters_total{action="sad",trigger="post-user-registration",version="1"} `,
		`usher_build_info{`,
	} {
		if !strings.Contains(metrics, "\n"+part) {
			t.Errorf("the host has no %s", part)
		}
	}
	promtool(t, metrics, "check", "metrics")
}

// hostUnderTest is a real host behind a socket.
type hostUnderTest struct {
	*serving.Host
	client *http.Client
}

// origin is what requests over the socket are sent to.
const origin = "http://usher.test"

// troubledHost starts a host to which everything has happened that its metrics count.
func troubledHost(t *testing.T) *hostUnderTest {
	t.Helper()
	binary, err := serving.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	socket := filepath.Join(dir, "s")
	process, err := serving.Start(serving.Options{Binary: binary, Data: filepath.Join(dir, "data"), Socket: socket})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(process.Kill)
	h := &hostUnderTest{process, &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
	}}}
	if err := h.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	key, err := h.AdminKey()
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ method, path, body string }{
		{"POST", "/v1/actions", `{"name":"sad","trigger":"post-user-registration"}`},
		{"POST", "/v1/actions/sad/versions?deploy=true", ""},
		{"PUT", "/v1/triggers/post-user-registration/bindings", `{"bindings":[{"action":"sad","settings":{"retry":{"max_attempts":2,"initial_ms":1,"max_ms":1}}}]}`},
		{"POST", "/v1/events/post-user-registration", `{"user":{}}`},
		{"POST", "/v1/decisions/pre-user-registration", `{"user":{"email":"ada@example.com"},"request":{"ip":"203.0.113.7"}}`},
	} {
		call(t, h, key, step.method, step.path, step.body)
	}
	for i := range 3 {
		if _, err := h.Post(t.Context(), key, fmt.Appendf(nil, `{"user":{"user_id":"auth0|%d"}}`, i)); err != nil {
			t.Fatal(err)
		}
	}
	await(t, h, "\nusher_dead_letter_executions 3\n")
	call(t, h, key, "PATCH", "/v1/bindings/sad", `{"settings":{"retry":{"max_attempts":10,"initial_ms":1,"max_ms":1}}}`)
	for i := range 12 {
		if _, err := h.Post(t.Context(), key, fmt.Appendf(nil, `{"user":{"user_id":"auth0|more%d"}}`, i)); err != nil {
			t.Fatal(err)
		}
	}
	await(t, h, "\nusher_breakers_open{action=\"sad\"} 1\n")
	call(t, h, key, "PUT", "/v1/pauses/sad", `{}`)
	await(t, h, "\nusher_paused{action=\"sad\",trigger=\"post-user-registration\"} 1\n")
	return h
}

// call calls the API; what it answers to an invalid event is right too.
func call(t *testing.T, h *hostUnderTest, key, method, path, body string) {
	t.Helper()
	kind, content := "application/json", []byte(body)
	if strings.Contains(path, "/versions") {
		var err error
		if content, err = os.ReadFile("../../cmd/usher/testdata/fail.wasm"); err != nil {
			t.Fatal(err)
		}
		kind = "application/wasm"
	}
	r, err := http.NewRequestWithContext(t.Context(), method, origin+path, bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", kind)
	response, err := h.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, _ := io.ReadAll(response.Body)
	if response.StatusCode >= 300 && body != `{"user":{}}` {
		t.Fatalf("%s %s answers %d %s", method, path, response.StatusCode, text)
	}
}

func scrape(t *testing.T, h *hostUnderTest) string {
	t.Helper()
	r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodGet, origin+"/metrics", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := h.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// await waits until the metrics have a line.
func await(t *testing.T, h *hostUnderTest, part string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		metrics := scrape(t, h)
		if strings.Contains(metrics, part) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the metrics never have %s; they are\n%s", part, metrics)
		}
	}
}
