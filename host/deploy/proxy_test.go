package deploy_test

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	hostclient "github.com/usherhost/usher/host/client"
)

func TestTheSampleForCaddyServesAHost(t *testing.T) {
	t.Parallel()
	caddy, err := exec.LookPath("caddy")
	if err != nil {
		t.Skip("caddy is not installed: task deploy:setup installs it")
	}
	u := startUsher(t, "127.0.0.1:0")
	cert, key, client := certificate(t)
	port := freePort(t)
	config := "{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n}\n" + changed(t, "caddy/Caddyfile",
		"usher.example.com {", fmt.Sprintf("https://127.0.0.1:%s {\n\ttls %s %s", port, cert, key), "reverse_proxy 127.0.0.1:8080", "reverse_proxy "+u.address)
	begin(t, caddy, "run", "--adapter", "caddyfile", "--config", write(t, filepath.Join(t.TempDir(), "Caddyfile"), config))
	checkProxy(t, u, client, "https://127.0.0.1:"+port)
}

func TestTheSampleForNginxServesAHost(t *testing.T) {
	t.Parallel()
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		if nginx, err = exec.LookPath("/usr/sbin/nginx"); err != nil {
			t.Skip("nginx is not installed: task deploy:setup installs it")
		}
	}
	u := startUsher(t, "127.0.0.1:0")
	cert, key, client := certificate(t)
	port, plain, dir := freePort(t), freePort(t), t.TempDir()
	site := changed(t, "nginx/usher.conf", "server 127.0.0.1:8080", "server "+u.address,
		"listen 443 ssl", "listen 127.0.0.1:"+port+" ssl", "listen 80", "listen 127.0.0.1:"+plain,
		"    listen [::]:443 ssl http2;\n", "", "    listen [::]:80;\n", "",
		"/etc/ssl/usher/fullchain.pem", cert, "/etc/ssl/usher/privkey.pem", key)
	main := fmt.Sprintf("daemon off; pid %[1]s/pid; error_log stderr;\nevents {}\nhttp { access_log off; client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; "+
		"fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s; include %[1]s/site.conf; }\n", dir)
	write(t, filepath.Join(dir, "site.conf"), site)
	if os.Getuid() == 0 {
		main = "user root;\n" + main // its workers write into this test's folder
	}
	begin(t, nginx, "-p", dir, "-e", "stderr", "-c", write(t, filepath.Join(dir, "nginx.conf"), main))
	checkProxy(t, u, client, "https://127.0.0.1:"+port)
	if answer := ask(t, client, http.MethodPost, "http://127.0.0.1:"+plain+"/v1/events/post-user-registration", u.key, "{}"); answer.status != http.StatusForbidden {
		t.Errorf("over plain HTTP it answers %+v", answer)
	}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends a request. The answer of one that can't be sent has status 0.
func ask(t *testing.T, client *http.Client, method, address, key, body string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Forwarded-For", "198.51.100.1") // a lie
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	resp, err := client.Do(r)
	if err != nil {
		return answer{body: err.Error()}
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(text)}
}

// checkProxy sends through a proxy what senders, authors and operators send.
func checkProxy(t *testing.T, u *usher, client *http.Client, origin string) {
	t.Helper()
	await(t, "the proxy", func() bool { return ask(t, client, http.MethodGet, origin+"/livez", "", "").status == http.StatusOK })
	events := origin + "/v1/events/post-user-registration"

	if a := ask(t, client, http.MethodPost, events, "", `{"user":{"user_id":"auth0|1"}}`); a.status != http.StatusUnauthorized || a.header.Get("Content-Type") != host.ProblemType {
		t.Errorf("without a key it answers %+v", a)
	}
	await(t, "the refused request in the log", func() bool { return strings.Contains(u.log.String(), "status=401") })
	if log := u.log.String(); !strings.Contains(log, "remote=127.0.0.9") || strings.Contains(log, "198.51.100.1") {
		t.Errorf("the log has not the client's address:\n%s", log)
	}

	lines := follow(t, client, origin, u.key)
	deploy(t, client, origin, u.key)
	if a := ask(t, client, http.MethodPost, events, u.key, `{"user":{"user_id":"auth0|1"}}`); a.status != http.StatusAccepted {
		t.Errorf("an event is answered %+v", a)
	}
	select {
	case line := <-lines:
		if !strings.Contains(line, `"action":"big"`) {
			t.Errorf("the tail has %s", line)
		}
	case <-time.After(patience):
		t.Error("the tail shows nothing while it is open")
	}

	large := `{"user":{"user_id":"auth0|2","name":"` + strings.Repeat("a", 300<<10) + `"}}`
	if a := ask(t, client, http.MethodPost, events, u.key, large); a.status != http.StatusRequestEntityTooLarge || !strings.Contains(a.body, "/problems/too-large") {
		t.Errorf("an event that is too large is answered %d %s", a.status, a.body)
	}
	if a := ask(t, client, http.MethodGet, origin+"/metrics", "", ""); a.status != http.StatusNotFound {
		t.Errorf("/metrics is answered %d", a.status)
	}

	if err := u.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = u.cmd.Wait()
	a := ask(t, client, http.MethodPost, events, u.key, `{"user":{"user_id":"auth0|3"}}`)
	var problem host.ProblemDetails
	if err := json.Unmarshal([]byte(a.body), &problem); err != nil || a.status != http.StatusServiceUnavailable || problem.Code() != "unavailable" || a.header.Get("Retry-After") == "" {
		t.Errorf("without a host it answers %+v", a)
	}
}

// follow opens the tail, and returns the lines with results.
func follow(t *testing.T, client *http.Client, origin, key string) <-chan string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, origin+"/v1/tail", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("the tail is answered %s", resp.Status)
	}
	lines := make(chan string, 1)
	go func() {
		defer func() { _ = resp.Body.Close() }()
		for s := bufio.NewScanner(resp.Body); s.Scan(); {
			if data, ok := strings.CutPrefix(s.Text(), "data: "); ok {
				lines <- data
				return
			}
		}
	}()
	return lines
}

// deploy makes an action of a module that is larger than the body that proxies take
// unless they are asked to.
func deploy(t *testing.T, client *http.Client, origin, key string) {
	t.Helper()
	module, err := os.ReadFile("../cmd/usher/testdata/hook.wasm")
	if err != nil {
		t.Fatal(err)
	}
	padding := "\x03pad" + strings.Repeat("x", 3<<20)
	module = append(binary.AppendUvarint(append(module, 0), uint64(len(padding))), padding...) // a custom section
	c := &hostclient.Client{URL: origin, Key: key, HTTP: client}
	if _, err := c.CreateAction(t.Context(), "big", host.PostUserRegistration); err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreateVersion(t.Context(), "big", module, host.Manifest{}, true); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ReplaceBindings(t.Context(), host.PostUserRegistration, []host.BindingWrite{{Action: "big"}}); err != nil {
		t.Fatal(err)
	}
}
