package nodesame_test

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// intended are headers in which Usher differs from Node on purpose.
var intended = []string{
	"Accept-Encoding",   // the host decodes what it can, under a cap
	"Accept-Language",   // Node's fetch sends "*"
	"Auth0-Client",      // has Node's version, among other things
	"Connection",        // the host keeps its own connections
	"Content-Length",    // computed from what is sent, below
	"Idempotency-Key",   // the host's own, the same in every attempt
	"Sec-Fetch-Mode",    // Node's fetch sends "cors"
	"Transfer-Encoding", // the host has whole bodies
	"User-Agent",        // Node names itself
}

// receiver is the world outside. It writes down what it gets.
type receiver struct {
	*httptest.Server

	mu   sync.Mutex
	got  []string       // guarded by mu, as the other fields are
	seen map[string]int // requests by path
	met  chan struct{}  // closed when all that meet have come
}

// meeting is how many requests to /meet wait for each other.
const meeting = 3

func newReceiver(t *testing.T, secure bool) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewUnstartedServer(r)
	if secure {
		r.StartTLS()
	} else {
		r.Start()
	}
	t.Cleanup(r.Close)
	r.begin()
	return r
}

// begin forgets what came.
func (r *receiver) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got, r.seen, r.met = nil, map[string]int{}, make(chan struct{})
}

// requests returns what came since begin.
func (r *receiver) requests() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		body = append(body, " broken off"...)
	}
	r.mu.Lock()
	r.got = append(r.got, written(q, string(body)))
	r.seen[q.URL.Path]++
	n, met := r.seen[q.URL.Path], r.met
	if q.URL.Path == "/meet" && n == meeting {
		close(met)
	}
	r.mu.Unlock()
	if q.URL.Path == "/meet" {
		<-met
	}
	answer(w, q, n, string(body))
}

// written writes a request down: a line for what it asks, one for each header,
// and its body.
func written(q *http.Request, body string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", q.Method, q.RequestURI)
	kind, boundary, _ := strings.Cut(q.Header.Get("Content-Type"), "; boundary=")
	if boundary != "" {
		q.Header.Set("Content-Type", kind)
		body = parts(body, strings.Trim(boundary, `"`))
	}
	var lines []string
	for name, values := range q.Header {
		if !slices.Contains(intended, name) {
			lines = append(lines, "  "+name+": "+strings.Join(values, ", "))
		}
	}
	slices.Sort(lines)
	fmt.Fprintf(&b, "%s\n  %s", strings.Join(lines, "\n"), strings.ReplaceAll(body, "\n", "\n  "))
	return b.String()
}

// parts writes down a multipart body, whose boundary is made by chance.
func parts(body, boundary string) string {
	var b strings.Builder
	reader := multipart.NewReader(strings.NewReader(body), boundary)
	for {
		part, err := reader.NextRawPart()
		if err != nil {
			return b.String() + err.Error()
		}
		head, _ := json.Marshal(part.Header)
		content, _ := io.ReadAll(part)
		fmt.Fprintf(&b, "%s %q\n", head, content)
	}
}

// answer answers the n-th request to a path.
func answer(w http.ResponseWriter, q *http.Request, n int, body string) {
	place, rest, _ := strings.Cut(strings.TrimPrefix(q.URL.Path, "/"), "/")
	switch place {
	case "token", "oauth":
		text(w, 200, "application/json", `{"access_token":"at_1","token_type":"Bearer","expires_in":86400,"scope":"write:users"}`)
	case "status":
		status, _ := strconv.Atoi(rest)
		w.Header().Set("X-Request-Id", "req_1")
		text(w, status, "application/json", fmt.Sprintf(`{"error":"number %d","path":%q}`, status, q.URL.Path))
	case "busy": // the first two times
		if n <= 2 {
			text(w, 503, "text/plain", "busy")
			return
		}
		text(w, 200, "application/json", fmt.Sprintf(`{"tries":%d}`, n))
	case "slow":
		<-q.Context().Done()
	case "redirect":
		status, _ := strconv.Atoi(rest)
		http.Redirect(w, q, "/landed?from="+url.QueryEscape(q.URL.Path), status)
	case "zipped":
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Content-Encoding", "gzip")
		zip := gzip.NewWriter(w)
		_, _ = io.WriteString(zip, `{"greeting":"Grüße 👋"}`)
		_ = zip.Close()
	case "bytes":
		text(w, 200, "application/octet-stream", "\x00\x01\xfe\xff")
	case "cookies":
		w.Header().Add("Set-Cookie", "a=1; Path=/")
		w.Header().Add("Set-Cookie", "b=2; HttpOnly")
		text(w, 200, "text/plain", "ok")
	case "notjson":
		text(w, 200, "application/json", "<html>not JSON</html>")
	case "services": // Slack's
		text(w, 200, "text/plain", "ok")
	case "users":
		text(w, 201, "application/json", `{"id":"u-1"}`)
	default:
		text(w, 200, "application/json", fmt.Sprintf(`{"path":%q,"bytes":%d}`, q.URL.Path, len(body)))
	}
}

func text(w http.ResponseWriter, status int, kind, body string) {
	if status != http.StatusNoContent {
		w.Header().Set("Content-Type", kind)
	}
	w.Header().Set("Date", "Sun, 22 Nov 2026 00:00:00 GMT")
	w.WriteHeader(status)
	if status != http.StatusNoContent && status != http.StatusNotModified {
		_, _ = io.WriteString(w, body)
	}
}
