package jssuites_test

import (
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// serve starts the server of a suite and returns its URL.
func serve(t *testing.T) string {
	t.Helper()
	var mu sync.Mutex
	tries := map[string]int{}
	mux := http.NewServeMux()
	mux.HandleFunc("/echo", echo)
	mux.HandleFunc("/echo/", echo)
	mux.HandleFunc("/form", form)
	mux.HandleFunc("/status/{code}", func(w http.ResponseWriter, q *http.Request) {
		code, _ := strconv.Atoi(q.PathValue("code"))
		answer(w, code, `{"status":`+strconv.Itoa(code)+`}`)
	})
	mux.HandleFunc("/redirect/{code}", func(w http.ResponseWriter, q *http.Request) {
		code, _ := strconv.Atoi(q.PathValue("code"))
		w.Header().Set("Location", q.URL.Query().Get("to"))
		w.WriteHeader(code)
	})
	mux.HandleFunc("/hops/{n}", func(w http.ResponseWriter, q *http.Request) {
		n, _ := strconv.Atoi(q.PathValue("n"))
		to := "/echo"
		if n > 1 {
			to = "/hops/" + strconv.Itoa(n-1)
		}
		http.Redirect(w, q, to, http.StatusFound)
	})
	mux.HandleFunc("/text", func(w http.ResponseWriter, _ *http.Request) { say(w, "text/plain; charset=utf-8", "hällo") })
	mux.HandleFunc("/latin", func(w http.ResponseWriter, _ *http.Request) { say(w, "text/plain; charset=iso-8859-1", "h\xe4llo") })
	mux.HandleFunc("/bom", func(w http.ResponseWriter, _ *http.Request) { say(w, "application/json", "\ufeff{\"a\":1}") })
	mux.HandleFunc("/broken", func(w http.ResponseWriter, _ *http.Request) { say(w, "application/json", `{"a":`) })
	mux.HandleFunc("/bytes/{n}", func(w http.ResponseWriter, q *http.Request) {
		n, _ := strconv.Atoi(q.PathValue("n"))
		say(w, "application/octet-stream", strings.Repeat("\x00\xff\x80a", n/4))
	})
	mux.HandleFunc("/gzip", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Type", "text/plain")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, "hello gzip")
		_ = z.Close()
	})
	mux.HandleFunc("/slow", func(w http.ResponseWriter, q *http.Request) {
		select {
		case <-q.Context().Done():
		case <-time.After(2 * time.Second):
		}
		answer(w, http.StatusOK, `{}`)
	})
	mux.HandleFunc("/cookies", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Add("Set-Cookie", "a=1; Path=/")
		w.Header().Add("Set-Cookie", "b=2; Path=/; HttpOnly")
		w.Header().Set("X-Many", "one, two")
		answer(w, http.StatusOK, `{}`)
	})
	mux.HandleFunc("/flaky/{key}/{fails}", func(w http.ResponseWriter, q *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		fails, _ := strconv.Atoi(q.PathValue("fails"))
		if tries[q.PathValue("key")]++; tries[q.PathValue("key")] <= fails {
			answer(w, http.StatusServiceUnavailable, `{"again":true}`)
			return
		}
		answer(w, http.StatusOK, fmt.Sprintf(`{"tries":%d}`, tries[q.PathValue("key")]))
	})
	mux.HandleFunc("/reset", func(w http.ResponseWriter, _ *http.Request) {
		if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
			_ = conn.Close()
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// closed is a URL at which nothing listens.
func closed(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	return server.URL
}

func answer(w http.ResponseWriter, code int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	if code != http.StatusNoContent && code != http.StatusNotModified {
		_, _ = io.WriteString(w, body)
	}
}

func say(w http.ResponseWriter, kind, body string) {
	w.Header().Set("Content-Type", kind)
	_, _ = io.WriteString(w, body)
}

// echo answers with the request.
func echo(w http.ResponseWriter, q *http.Request) {
	body, _ := io.ReadAll(q.Body)
	headers := map[string]string{}
	for name, values := range q.Header {
		headers[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	text, _ := json.Marshal(map[string]any{
		"method": q.Method, "url": q.RequestURI, "query": q.URL.Query(), "headers": headers,
		"body": string(body), "base64": base64.StdEncoding.EncodeToString(body), "length": len(body),
	})
	w.Header().Set("X-Method", q.Method)
	answer(w, http.StatusOK, string(text))
}

// form answers with the parts of a form.
func form(w http.ResponseWriter, q *http.Request) {
	parts := []map[string]string{}
	reader, err := q.MultipartReader()
	if err != nil {
		body, _ := io.ReadAll(q.Body)
		values, _ := url.ParseQuery(string(body))
		text, _ := json.Marshal(map[string]any{"error": err.Error(), "values": values})
		answer(w, http.StatusBadRequest, string(text))
		return
	}
	for {
		part, err := reader.NextPart()
		if err != nil {
			break
		}
		parts = append(parts, partOf(part))
	}
	text, _ := json.Marshal(map[string]any{"parts": parts, "length": q.ContentLength})
	answer(w, http.StatusOK, string(text))
}

func partOf(part *multipart.Part) map[string]string {
	body, _ := io.ReadAll(part)
	return map[string]string{"name": part.FormName(), "file": part.FileName(), "type": part.Header.Get("Content-Type"), "body": string(body)}
}

// inNode returns what a suite's cases do in Node.
func inNode(t *testing.T, file string) []outcome {
	t.Helper()
	dir := t.TempDir()
	modules, err := filepath.Abs(filepath.Join(packages, "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(modules); err != nil {
		t.Fatalf("%v: run 'task jsmatrix:setup', which installs the packages", err)
	}
	if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	program := string(source(t, file)) + "\nawait onExecutePostUserRegistration({ secrets: { URL: process.argv[2], CLOSED: process.argv[3] } });\nprocess.exit();\n"
	if err := os.WriteFile(filepath.Join(dir, "suite.mjs"), []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", filepath.Join(dir, "suite.mjs"), serve(t), closed(t))
	cmd.Env = append(os.Environ(), "TZ=UTC", "NODE_NO_WARNINGS=1")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s in Node: %v\n%s", file, err, stderr.String())
	}
	for _, line := range strings.Split(string(text), "\n") {
		if line, ok := strings.CutPrefix(line, "outcomes: "); ok {
			return parse(t, line)
		}
	}
	t.Fatalf("%s in Node: no outcomes: %s", file, text)
	return nil
}
