package jsmatrix_test

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/usherhost/usher/host/internal/receiver"
)

// world is what is outside of one run: a receiver that answers as services do.
type world struct {
	*receiver.Receiver
	tried atomic.Bool // /once-503 has been answered
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{}
	w.Receiver = receiver.Start(w.respond)
	t.Cleanup(w.Close)
	return w
}

func (w *world) respond(rw http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body) // the receiver has it whole
	if req.URL.Path == "/once-503" && !w.tried.Swap(true) {
		rw.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	answerTo(req, string(body)).write(rw)
}

// requests returns what came, as it is compared.
func (w *world) requests() []string {
	list := []string{}
	for _, r := range w.Requests() {
		text := r.Method + " " + r.URI
		for _, name := range compared {
			if v := r.Header.Get(name); v != "" {
				text += "\n" + strings.ToLower(name) + ": " + v
			}
		}
		list = append(list, w.settled(text+"\n\n"+r.Body))
	}
	return list
}

// compared are the headers that services go by.
var compared = []string{"Content-Type", "Authorization", "Apikey", "Prefer", "X-Trace", "X-Amz-Target", "Stripe-Version"}

// chance is what differs from one run to the next, and what a program says
// about the machine it runs on.
var chance = []struct {
	fits *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`-{20,}[0-9a-f]{20,}`), "BOUNDARY"},
	{regexp.MustCompile(`(Credential=\w+)/\d{8}/`), "$1/DATE/"},
	{regexp.MustCompile(`Signature=[0-9a-f]{64}`), "Signature=HEX"},
	{regexp.MustCompile(`"(sentAt|sent_at)":"[^"]*"`), `"$1":"TIME"`},
	{regexp.MustCompile(`"nodeVersion":"[^"]*"`), `"nodeVersion":"NODE"`},
	{regexp.MustCompile(`"\$lib":"[\w-]*"`), `"$$lib":"LIB"`},
}

// settled returns text without what differs by chance: boundaries, dates, signatures.
func (w *world) settled(text string) string {
	text = strings.ReplaceAll(text, w.URL, "{{URL}}")
	text = strings.ReplaceAll(text, strings.TrimPrefix(w.URL, "http://"), "{{HOST}}")
	for _, c := range chance {
		text = c.fits.ReplaceAllString(text, c.with)
	}
	return strings.TrimRight(text, "\n")
}

// answer is what a service says.
type answer struct {
	status int
	body   string
	header [2]string // one more
}

func (a answer) write(w http.ResponseWriter) {
	kind := "application/json"
	switch {
	case strings.HasPrefix(a.body, "data:"):
		kind = "text/event-stream"
	case a.body != "" && !strings.ContainsAny(a.body[:1], `{["`):
		kind = "text/plain"
	}
	w.Header().Set("Content-Type", kind)
	if a.header[0] != "" {
		w.Header().Set(a.header[0], a.header[1])
	}
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.body) // the client has gone
}

// answers are those of the services that are tried, by the start of "METHOD
// path"; the first that fits counts.
var answers = []struct {
	start string
	answer
}{
	{"POST /users", answer{status: 201, body: `{"id":"1","ok":true}`}},
	{"GET /search", answer{status: 200, body: `{"found":2}`}},
	{"GET /text", answer{status: 200, body: "hello, text"}},
	{"GET /once-503", answer{status: 200, body: "up"}},
	{"POST /slack-api/chat.postMessage", answer{status: 200, body: `{"ok":true,"ts":"1.2"}`}},
	{"POST /slack-api/", answer{status: 200, body: `{"ok":false,"error":"user_not_found"}`}},
	{"POST /slack", answer{status: 200, body: "ok"}},
	{"POST /sendgrid/", answer{status: 202, header: [2]string{"X-Message-Id", "m1"}}},
	{"PATCH /api/v2/users/", answer{status: 200, body: `{"user_id":"auth0|1"}`}},
	{"GET /api/v2/users/", answer{status: 404, body: `{"statusCode":404,"error":"Not Found","message":"no such user","errorCode":"inexistent_user"}`}},
	{"POST /rest/v1/users", answer{status: 201, body: `[{"id":1}]`}},
	{"POST /rest/v1/rpc/", answer{status: 200, body: `"Hello Jo"`}},
	{"GET /rest/v1/", answer{status: 404, body: `{"message":"no such table","code":"42P01"}`}},
	{"POST /v1/customers", answer{status: 200, body: `{"id":"cus_1","object":"customer"}`}},
	{"POST /v1/charges", answer{status: 402, body: `{"error":{"type":"card_error","code":"card_declined","message":"declined"}}`}},
	{"POST /twilio/", answer{status: 201, body: `{"sid":"SM1","account_sid":"AC0"}`}},
	{"POST /hubspot/", answer{status: 201, body: `{"id":"7","properties":{},"createdAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-01T00:00:00Z"}`}},
	{"POST /mailchimp/", answer{status: 200, body: `{"id":"m1"}`}},
	{"POST /sqs", answer{status: 200, body: `{"MessageId":"m1"}`}},
	{"GET /openai/", answer{status: 401, body: `{"error":{"message":"wrong key"}}`}},
	{"POST /oauth/token", answer{status: 200, body: `{"access_token":"at1","expires_in":3600,"token_type":"Bearer"}`}},
	{"GET /jwks", answer{status: 200, body: `{"keys":[]}`}},
	{"POST /resend/", answer{status: 200, body: `{"id":"e1"}`}},
	{"GET /track", answer{status: 200, body: "1"}},
	{"GET /engage", answer{status: 200, body: "1"}},
	{"POST /segment", answer{status: 200, body: `{"success":true}`}},
	{"POST /posthog", answer{status: 200, body: `{"status":1}`}},
	{"POST /form", answer{status: 200, body: "{}"}},
	{"POST /upload", answer{status: 200, body: "{}"}},
	{"GET /slow", answer{status: 200, body: "{}"}},
}

func answerTo(req *http.Request, body string) answer {
	switch {
	case req.URL.Path == "/graphql" && strings.Contains(body, "wrong"):
		return answer{status: 200, body: `{"errors":[{"message":"no such field"}]}`}
	case req.URL.Path == "/graphql":
		return answer{status: 200, body: `{"data":{"addUser":{"id":"1"}}}`}
	case strings.HasPrefix(req.URL.Path, "/openai/chat"):
		return completion(strings.Contains(body, `"stream":true`))
	}
	for _, a := range answers {
		if strings.HasPrefix(req.Method+" "+req.URL.Path, a.start) {
			return a.answer
		}
	}
	return answer{status: 404, body: `{"error":"not found","message":"not found"}`}
}

// completion is what a language model says, whole or in chunks.
func completion(streamed bool) answer {
	if !streamed {
		return answer{status: 200, body: `{"id":"c1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"Hello Jö"}}]}`}
	}
	text := ""
	for _, word := range []string{"Hello", " Jö"} {
		text += fmt.Sprintf("data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":%q}}]}\n\n", word)
	}
	return answer{status: 200, body: text + "data: [DONE]\n\n"}
}
