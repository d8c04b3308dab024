package egress_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/egress"
)

// seen records what a server was asked.
type seen struct {
	mu       sync.Mutex // guards requests
	requests []string
	headers  []http.Header
}

func (s *seen) add(r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, strings.TrimSpace(r.Method+" "+r.URL.Path+" "+string(body)))
	s.headers = append(s.headers, r.Header)
}

// redirector answers /to with the status and location asked for, and all
// else with 200.
func redirector(t *testing.T) (*httptest.Server, *seen) {
	t.Helper()
	log := &seen{}
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		log.add(r)
		if r.URL.Path != "/to" {
			fmt.Fprintf(w, "end %s", r.URL.Path)
			return
		}
		var status int
		_, _ = fmt.Sscan(r.URL.Query().Get("status"), &status)
		w.Header().Set("Location", r.URL.Query().Get("location"))
		w.WriteHeader(status)
	}), log
}

func TestRedirectsChangeTheMethodAsFetchDoes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		method string
		status int
		want   string
	}{
		{"GET", 301, "GET /end data"},
		{"GET", 302, "GET /end data"},
		{"GET", 303, "GET /end data"},
		{"GET", 307, "GET /end data"},
		{"GET", 308, "GET /end data"},
		{"HEAD", 301, "HEAD /end"},
		{"HEAD", 303, "HEAD /end"},
		{"POST", 301, "GET /end"},
		{"POST", 302, "GET /end"},
		{"POST", 303, "GET /end"},
		{"POST", 307, "POST /end data"},
		{"POST", 308, "POST /end data"},
		{"PUT", 301, "PUT /end data"},
		{"PUT", 302, "PUT /end data"},
		{"PUT", 303, "GET /end"},
		{"PUT", 307, "PUT /end data"},
		{"DELETE", 302, "DELETE /end data"},
		{"DELETE", 303, "GET /end"},
	} {
		t.Run(fmt.Sprint(tt.method, tt.status), func(t *testing.T) {
			t.Parallel()
			s, log := redirector(t)
			r := get(fmt.Sprintf("%s/to?status=%d&location=/end", s.URL, tt.status), s.URL)
			r.Method = tt.method
			r.Header = http.Header{"Content-Type": {"text/plain"}, "Authorization": {"Bearer s"}}
			if tt.method != "HEAD" {
				r.Body = []byte("data")
			}
			got := mustSend(t, open(t), r)
			if got.Status != 200 || got.URL != s.URL+"/end" || got.Requests != 2 {
				t.Errorf("answer %d from %s after %d requests", got.Status, got.URL, got.Requests)
			}
			if log.requests[1] != tt.want {
				t.Errorf("the second request was %q, want %q", log.requests[1], tt.want)
			}
			keepsBody := strings.HasSuffix(tt.want, "data")
			if typed := log.headers[1].Get("Content-Type") != ""; typed != keepsBody && tt.method != "HEAD" {
				t.Errorf("the second request has a Content-Type: %t, and a body: %t", typed, keepsBody)
			}
			if log.headers[1].Get("Authorization") == "" {
				t.Error("Authorization was dropped within one origin")
			}
		})
	}
}

func TestManualAndErrorDoNotFollow(t *testing.T) {
	t.Parallel()
	s, log := redirector(t)
	r := get(s.URL+"/to?status=302&location=/end", s.URL)
	r.Redirect = host.RedirectManual
	got := mustSend(t, open(t), r)
	if got.Status != 302 || got.Header.Get("Location") != "/end" {
		t.Errorf("manual answered %d to %q, want the redirect itself", got.Status, got.Header.Get("Location"))
	}
	r.Redirect = host.RedirectError
	f := mustFail(t, open(t), r, host.EgressRefused)
	if f.Rule != "redirect" || f.Requests != 1 {
		t.Errorf("error failed with %+v", *f)
	}
	if len(log.requests) != 2 {
		t.Errorf("the server got %q, want one request each", log.requests)
	}
}

func TestStatusesThatAreNoRedirectsAreAnswers(t *testing.T) {
	t.Parallel()
	s, _ := redirector(t)
	for _, query := range []string{"status=300&location=/end", "status=304&location=/end", "status=201&location=/end", "status=302&location="} {
		if got := mustSend(t, open(t), get(s.URL+"/to?"+query, s.URL)); got.Requests != 1 {
			t.Errorf("%s: %d requests, want 1", query, got.Requests)
		}
	}
}

func TestEachHopPassesTheWholePolicy(t *testing.T) {
	t.Parallel()
	s, _ := redirector(t)
	other, log := redirector(t)
	t.Cleanup(func() {
		if len(log.requests) != 0 {
			t.Errorf("the other server got %q", log.requests)
		}
	})
	for _, tt := range []struct {
		name, location string
		code           host.EgressCode
		rule, message  string
	}{
		{"origin", other.URL + "/x", host.EgressRefused, egress.RuleNotAllowed, "redirected, and " + other.URL + " is not in"},
		{"name of the same server", strings.Replace(s.URL, "127.0.0.1", "localhost", 1), host.EgressRefused, egress.RuleNotAllowed, "localhost"},
		{"scheme-relative", "//evil.example/", host.EgressRefused, egress.RuleNotAllowed, "http://evil.example is not in"},
		{"address", "http://10.0.0.1/", host.EgressRefused, "private address", "10.0.0.1"},
		{"metadata", "http://169.254.169.254/latest/meta-data/", host.EgressRefused, egress.RuleMetadata, ""},
		{"user", "http://u:p@10.0.0.1/", host.EgressRefused, "malformed redirect", "user"},
		{"file", "file:///etc/passwd", host.EgressRefused, "malformed redirect", "https://"},
		{"backslash", "/\\evil.example", host.EgressRefused, "malformed redirect", ""},
		{"spelling", "http://0x7f.1/", host.EgressRefused, "malformed redirect", "four decimal"},
		{"no host", "http://", host.EgressRefused, "malformed redirect", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := get(s.URL+"/to", s.URL, "http://10.0.0.1", "http://169.254.169.254")
			r.URL += "?status=302&location=" + queryEscape(tt.location)
			f := mustFail(t, open(t), r, tt.code)
			if f.Rule != tt.rule || !strings.Contains(f.Message, tt.message) || f.Requests != 1 {
				t.Errorf("failed with %+v, want rule %q and message %q after one request", *f, tt.rule, tt.message)
			}
		})
	}
}

func TestEveryOriginThatGotARequestIsReported(t *testing.T) {
	t.Parallel()
	first, _ := redirector(t)
	second, _ := redirector(t)
	hang := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	const closed = "http://127.0.0.1:1"
	for _, tt := range []struct {
		name, url string
		want      []string
	}{
		{"an answer", first.URL + "/end", []string{first.URL}},
		{"every hop", first.URL + "/to?status=302&location=" + second.URL + "/end", []string{first.URL, second.URL}},
		{"no hop that is refused", first.URL + "/to?status=302&location=http://10.0.0.1/", []string{first.URL}},
		{"one that never answers", hang.URL, []string{hang.URL}},
		{"none that is not there", closed, nil},
		{"none that is not allowed", "http://127.0.0.1:2/", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var reported []string
			r := get(tt.url, first.URL, second.URL, hang.URL, closed)
			r.Contacted = func(origin string) { reported = append(reported, origin) }
			if tt.url == hang.URL {
				r.Timeout = 2 * time.Second // to connect and send in, too
			}
			_, _ = open(t).Send(t.Context(), r)
			if !slices.Equal(reported, tt.want) {
				t.Errorf("reported %q, want %q", reported, tt.want)
			}
		})
	}
}

func queryEscape(s string) string {
	return strings.NewReplacer("%", "%25", "&", "%26", "#", "%23", "+", "%2B", "\\", "%5C", "?", "%3F").Replace(s)
}

func TestRedirectsFromHTTPSToHTTPAreRefused(t *testing.T) {
	t.Parallel()
	plain, log := redirector(t)
	s := httptest.NewTLSServer(http.RedirectHandler(plain.URL+"/end", http.StatusFound))
	t.Cleanup(s.Close)
	f := mustFail(t, trusting(t, s), get(s.URL, s.URL, plain.URL), host.EgressRefused)
	if f.Rule != "redirect from https to http" {
		t.Errorf("failed with %+v", *f)
	}
	if len(log.requests) != 0 {
		t.Errorf("the plain server got %q", log.requests)
	}
}

func TestCrossOriginHopsLoseWhatMayBeSecretPermanently(t *testing.T) {
	t.Parallel()
	first, log := redirector(t)
	second, away := redirector(t)
	back := second.URL + "/to?status=307&location=" + first.URL + "/end"
	r := get(first.URL+"/to?status=307&location="+strings.NewReplacer("&", "%26", "?", "%3F").Replace(back), first.URL, second.URL)
	r.Method, r.Body = "POST", []byte("data")
	r.Header = http.Header{
		"Authorization": {"Bearer s"}, "Cookie": {"sid=s"}, "X-Api-Key": {"s"}, "X-Anything": {"s"}, "Idempotency-Key": {"k"},
		"Referer": {"http://s/"}, "Accept": {"text/plain"}, "Accept-Language": {"de"}, "Content-Type": {"text/plain"}, "User-Agent": {"mine"},
	}
	if got := mustSend(t, open(t), r); got.Requests != 3 {
		t.Fatalf("%d requests, want 3", got.Requests)
	}
	for _, h := range []http.Header{away.headers[0], log.headers[1]} {
		var names []string
		for name := range h {
			names = append(names, name)
		}
		slices.Sort(names)
		want := []string{"Accept", "Accept-Encoding", "Accept-Language", "Content-Length", "Content-Type", "User-Agent"}
		if !slices.Equal(names, want) {
			t.Errorf("after the hop the headers are %q, want %q", names, want)
		}
	}
	if log.headers[0].Get("X-Api-Key") != "s" {
		t.Error("the first request lacks X-Api-Key")
	}
	if len(r.Header) != 10 {
		t.Errorf("the guest's own header was changed to %q", r.Header)
	}
}

func TestRedirectLoopsEnd(t *testing.T) {
	t.Parallel()
	loop := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path+"x", http.StatusFound) })
	f := mustFail(t, open(t), get(loop.URL+"/", loop.URL), host.EgressLimit)
	if f.Limit != "redirects" || f.Requests != egress.MaxRedirects+1 {
		t.Errorf("failed with %+v, want limit redirects after %d requests", *f, egress.MaxRedirects+1)
	}
	r := get(loop.URL+"/", loop.URL)
	r.MaxRequests = 2
	if f := mustFail(t, open(t), r, host.EgressLimit); f.Limit != "http_requests" || f.Requests != 2 {
		t.Errorf("failed with %+v, want limit http_requests after 2 requests", *f)
	}
}
