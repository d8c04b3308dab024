package jsmatrix_test

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/guest"
)

// receiverURL is the origin of services that may be anywhere. Every other
// origin leads to the receiver too.
const receiverURL = "http://receiver.test:8080"

// originHeader has the origin of a request that came by [redirected].
const originHeader = "Matrix-Origin"

// world is what is outside of one run: a receiver that stands for every origin
// and answers as services do.
type world struct {
	plain, secure *httptest.Server
	without       []*regexp.Regexp

	mu      sync.Mutex
	answers []answer // guarded by mu; those to be given once leave
	got     []string // guarded by mu; requests as they are compared
}

// answer is what a service says to requests of a method to a path, or to an
// address without its scheme, that begins with target.
type answer struct {
	status         int
	method, target string
	once           bool
	holds          string // what the request's body has to hold
	header         [2]string
	body           string
}

func newWorld(t *testing.T, s *source) *world {
	t.Helper()
	w := &world{answers: slices.Clone(s.answers), without: s.without}
	w.plain = httptest.NewServer(http.HandlerFunc(w.serve))
	w.secure = httptest.NewTLSServer(http.HandlerFunc(w.serve))
	t.Cleanup(w.plain.Close)
	t.Cleanup(w.secure.Close)
	return w
}

func (w *world) serve(rw http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	origin := q.Header.Get(originHeader)
	if origin == "" {
		origin = "http://" + q.Host
		if q.TLS != nil {
			origin = "https://" + q.Host
		}
	}
	w.record(q, origin, string(body))
	w.answerTo(q, origin, string(body)).write(rw)
}

func (w *world) record(q *http.Request, origin, body string) {
	text := q.Method + " " + origin + q.RequestURI
	var names []string
	for name := range q.Header {
		if compared(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		text += "\n" + strings.ToLower(name) + ": " + strings.Join(q.Header[name], ", ")
	}
	text = settled(text + "\n\n" + plain(body))
	for _, part := range w.without {
		text = part.ReplaceAllString(text, "")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.got = append(w.got, strings.TrimRight(text, "\n"))
}

// plain returns a body decompressed.
func plain(body string) string {
	if r, err := gzip.NewReader(strings.NewReader(body)); err == nil {
		if whole, err := io.ReadAll(r); err == nil {
			body = string(whole)
		}
	}
	return strings.ToValidUTF8(body, "\uFFFD")
}

// requests returns what came, as it is compared: sorted, as some are sent at
// once.
func (w *world) requests() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string{}, slices.Sorted(slices.Values(w.got))...)
}

func (w *world) answerTo(q *http.Request, origin, body string) answer {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, host, _ := strings.Cut(origin, "://")
	for i, a := range w.answers {
		fits := a.method == "*" || a.method == q.Method
		if fits && (strings.HasPrefix(q.URL.Path, a.target) || strings.HasPrefix(host+q.URL.Path, a.target)) && strings.Contains(body, a.holds) {
			if a.once {
				w.answers = slices.Delete(w.answers, i, i+1)
			}
			return a
		}
	}
	if strings.Contains(q.URL.Path, "missing") {
		return answer{status: http.StatusNotFound, body: `{"error":"not found","message":"not found"}`}
	}
	return answer{status: http.StatusOK, body: "{}"}
}

func (a answer) write(w http.ResponseWriter) {
	kind := "application/json"
	body := a.body
	switch {
	case strings.HasPrefix(body, "data:"), strings.HasPrefix(body, "event:"):
		kind, body = "text/event-stream", strings.ReplaceAll(body, `\n`, "\n")
	case strings.HasPrefix(body, "<?xml"):
		kind = "application/xml"
	case strings.HasPrefix(body, "<"):
		kind = "text/xml"
	case body != "" && !strings.ContainsAny(body[:1], `{["`):
		kind = "text/plain"
	}
	w.Header().Set("Content-Type", kind)
	if a.header[0] != "" {
		w.Header().Set(a.header[0], a.header[1])
	}
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, body) // the client has gone
}

// compared says whether a header is compared: all but those of the connection,
// those that describe the machine and the program, and the key that the host adds
// to what must not be done twice.
func compared(name string) bool {
	for _, start := range []string{"Accept-", "Auth0-Client", "Connection", "Content-Length", "Transfer-Encoding", "Date", "Idempotency-Key", "Keep-Alive", "Sec-Fetch-", "User-Agent", "X-Amz-User-Agent", "Traceparent", "Sentry-Trace", "Baggage", originHeader} {
		if strings.HasPrefix(name, start) {
			return false
		}
	}
	return true
}

// chance is what differs from one run to the next, and what a program says
// about the machine it runs on.
var chance = []struct {
	fits *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`-{20,}[0-9A-Za-z]{16,}`), "BOUNDARY"},
	{regexp.MustCompile(`(Credential=\w+)/\d{8}/`), "$1/DATE/"},
	{regexp.MustCompile(`(SharedKey\w* \w+:)[\w+/=]+`), "${1}SIGNATURE"},
	{regexp.MustCompile(`(sig%3D)[\w%]+`), "${1}SIGNATURE"},
	{regexp.MustCompile(`((?:Signature|signature|sig|md5)=)[\w%+/=-]{20,}`), "${1}SIGNATURE"},
	{regexp.MustCompile(`[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}`), "UUID"},
	{regexp.MustCompile(`\b[0-9a-f]{16,64}\b`), "HEX"},
	{regexp.MustCompile(`\b20[2-9]\d-?\d\d-?\d\d[T-]\d\d:?\d\d:?\d\d([.:]\d+)?(Z|\b|[+-]\d\d:\d\d)(-\d+)?`), "TIME"},
	{regexp.MustCompile(`\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT`), "TIME"},
	{regexp.MustCompile(`\b1[789]\d{8}(\.\d+|\d{3})?\b`), "TIME"},
	{regexp.MustCompile(`\bv?2[0-9]\.\d+\.\d+\b`), "NODE"},
	{regexp.MustCompile(`(?m)^((?:\w+-)?request-id): .*`), "$1: ID"},
	{regexp.MustCompile(`"\$lib":"[\w-]*"`), `"$$lib":"LIB"`},
	{regexp.MustCompile(`eyJ[\w-]{10,}\.[\w-]+\.[\w-]+`), "JWT"},
}

// settled returns a request without what differs by chance.
func settled(text string) string {
	for _, c := range chance {
		text = c.fits.ReplaceAllString(text, c.with)
	}
	return text
}

// redirected leads every request to the receiver.
type redirected struct {
	guest.Egress
	to string // its URL
}

// Send implements guest.Egress.
func (r redirected) Send(ctx context.Context, q *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure) {
	at, err := url.Parse(q.URL)
	if err != nil || at.Port() != "" && at.Port() != "8080" {
		return r.Egress.Send(ctx, q)
	}
	origin := at.Scheme + "://" + at.Host
	sent := *q
	sent.URL = r.to + strings.TrimPrefix(q.URL, origin)
	sent.Header = q.Header.Clone()
	if sent.Header == nil {
		sent.Header = http.Header{}
	}
	sent.Header.Set(originHeader, origin)
	response, failure := r.Egress.Send(ctx, &sent)
	if response != nil {
		response.URL = strings.Replace(response.URL, r.to, origin, 1)
	}
	return response, failure
}
