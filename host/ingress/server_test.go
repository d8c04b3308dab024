package ingress_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/ingress"
	"github.com/usherhost/usher/host/web"
)

const (
	path  = "/v1/events/post-user-registration"
	ada   = `{ "user": {"user_id":"auth0|ada"},  "tenant":{"id":"acme"} }`
	grace = `{"user":{"user_id":"auth0|grace","name":"Gr\u0061ce"}}`
	trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
)

// serve returns the door before store, with its own key sent by every request.
func serve(tb testing.TB, s *ingress.Server) func(r *http.Request) *httptest.ResponseRecorder {
	tb.Helper()
	secret, hash := web.NewKey()
	keys := keyring{hash: {ID: "key_1", Name: "test", Scopes: []host.Scope{host.ScopeIngest}}}
	e := web.NewEcho(slog.New(slog.DiscardHandler))
	s.Register(e.Group("/v1"), web.Authenticate(keys, host.ScopeIngest))
	return func(r *http.Request) *httptest.ResponseRecorder {
		if r.Header.Get(echo.HeaderAuthorization) == "" {
			r.Header.Set(echo.HeaderAuthorization, "Bearer "+secret)
		}
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		return w
	}
}

// request makes a POST; header is "Name: value" lines.
func request(target, body string, header ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	return r
}

// structured is a CloudEvent with data, and more members put before it.
func structured(id, data, more string) string {
	return `{"specversion":"1.0", "id":"` + id + `","source":"/idp","type":"usher.user.registered",` + more + `"data": ` + data + ` }`
}

// binary is the headers of a CloudEvent.
func binary(more ...string) []string {
	return append([]string{"Ce-Specversion: 1.0", "Ce-Id: 1", "Ce-Source: /idp", "Ce-Type: user.registered"}, more...)
}

func TestServerAccepts(t *testing.T) {
	t.Parallel()
	const cloud, cloudBatch = "Content-Type: application/cloudevents+json", "Content-Type: application/cloudevents-batch+json"
	for _, tt := range []struct {
		name   string
		header []string
		body   string
		answer string
		stored []string // the bodies
		keys   []string
		strict bool
	}{
		{name: "an event, byte for byte", body: ada + "\n",
			answer: `{"event_id":"evt_0","execution_id":"exe_0"}`, stored: []string{ada + "\n"},
			keys: []string{"user:post-user-registration:4:acme:auth0|ada"}},
		{name: "a whole event", body: registration,
			answer: `{"event_id":"evt_0","execution_id":"exe_0"}`, stored: []string{registration},
			keys: []string{"user:post-user-registration:9:acme-prod:auth0|5f7c8ec7c33c6c004bbafe82"}},
		{name: "a media type with charset, in any case", header: []string{"Content-Type: Application/JSON; charset=UTF-8"}, body: grace,
			answer: `{"event_id":"evt_0","execution_id":"exe_0"}`, stored: []string{grace},
			keys: []string{"user:post-user-registration:0::auth0|grace"}},
		{name: "an event with a key", header: []string{"Idempotency-Key: k-1"}, body: ada,
			answer: `{"event_id":"evt_0","execution_id":"exe_0"}`, stored: []string{ada},
			keys: []string{"key:post-user-registration:3:k-1:"}, strict: true},
		{name: "a batch, each item's own bytes", body: " [ " + ada + " ,\n" + grace + "]",
			answer: `{"events":[{"event_id":"evt_0","execution_id":"exe_0"},{"event_id":"evt_1","execution_id":"exe_1"}]}`,
			stored: []string{ada, grace},
			keys:   []string{"user:post-user-registration:4:acme:auth0|ada", "user:post-user-registration:0::auth0|grace"}},
		{name: "a user twice in a batch", body: "[" + ada + "," + ada + "]",
			answer: `{"events":[{"event_id":"evt_0","execution_id":"exe_0"},{"event_id":"evt_0","execution_id":"exe_0","repeat":true}]}`,
			stored: []string{ada}, keys: []string{"user:post-user-registration:4:acme:auth0|ada"}},
		{name: "a batch with a key", header: []string{"Idempotency-Key: k/1"}, body: "[" + ada + "," + grace + "]",
			answer: `{"events":[{"event_id":"evt_0","execution_id":"exe_0"},{"event_id":"evt_1","execution_id":"exe_1"}]}`,
			stored: []string{ada, grace}, strict: true,
			keys: []string{"batch:post-user-registration:3:k/1:0", "batch:post-user-registration:3:k/1:1"}},
		{name: "a structured CloudEvent", header: []string{cloud}, body: structured("1", ada, ""),
			answer: `{"event_id":"evt_0","execution_id":"exe_0"}`, stored: []string{ada}, strict: true,
			keys: []string{"cloudevent:post-user-registration:4:/idp:1"}},
		{name: "a CloudEvent with all attributes and extensions", header: []string{cloud},
			body:   structured("1", grace, `"subject":"s","time":"2026-01-31T12:00:00Z","dataschema":"https://a.example/s","datacontenttype":"application/vnd.a+json","a0tenant":"x","seq":7,"last":true,"none":null,`),
			answer: `{"event_id":"evt_0","execution_id":"exe_0"}`, stored: []string{grace}, strict: true,
			keys: []string{"cloudevent:post-user-registration:4:/idp:1"}},
		{name: "a CloudEvent with data in base64", header: []string{cloud},
			body:   `{"specversion":"1.0","id":"1","source":"/idp","type":"t","data_base64":"` + base64.StdEncoding.EncodeToString([]byte(ada)) + `"}`,
			answer: `{"event_id":"evt_0","execution_id":"exe_0"}`, stored: []string{ada}, strict: true,
			keys: []string{"cloudevent:post-user-registration:4:/idp:1"}},
		{name: "a CloudEvent with a key, which wins", header: []string{cloud, "Idempotency-Key: k"}, body: structured("1", ada, ""),
			answer: `{"event_id":"evt_0","execution_id":"exe_0"}`, stored: []string{ada}, strict: true,
			keys: []string{"key:post-user-registration:1:k:"}},
		{name: "a binary CloudEvent", header: binary("Ce-Subject: J%C3%B6rg", `Ce-Note: "a \"b\""`), body: " " + ada,
			answer: `{"event_id":"evt_0","execution_id":"exe_0"}`, stored: []string{" " + ada}, strict: true,
			keys: []string{"cloudevent:post-user-registration:4:/idp:1"}},
		{name: "a binary CloudEvent of a type of its own", header: binary("Content-Type: application/vnd.acme+json"), body: ada,
			answer: `{"event_id":"evt_0","execution_id":"exe_0"}`, stored: []string{ada}, strict: true,
			keys: []string{"cloudevent:post-user-registration:4:/idp:1"}},
		{name: "a batch of CloudEvents", header: []string{cloudBatch}, body: "[" + structured("1", ada, "") + "," + structured("2", ada, "") + "]",
			answer: `{"events":[{"event_id":"evt_0","execution_id":"exe_0"},{"event_id":"evt_1","execution_id":"exe_1"}]}`,
			stored: []string{ada, ada}, strict: true,
			keys: []string{"cloudevent:post-user-registration:4:/idp:1", "cloudevent:post-user-registration:4:/idp:2"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			store := &memory{}
			send := serve(t, &ingress.Server{Store: store})
			w := send(request(path, tt.body, tt.header...))
			if got := strings.TrimSpace(w.Body.String()); w.Code != http.StatusAccepted || got != tt.answer {
				t.Fatalf("answered %d %s, want 202 %s", w.Code, got, tt.answer)
			}
			checkStored(t, store.events, tt.stored, tt.keys, tt.strict)
			if w := send(request(path, tt.body, tt.header...)); w.Code != http.StatusOK {
				t.Errorf("answered a repeat with %d %s, want 200", w.Code, w.Body)
			}
			if len(store.events) != len(tt.stored) {
				t.Errorf("stored %d events after a repeat, want %d", len(store.events), len(tt.stored))
			}
		})
	}
}

func checkStored(t *testing.T, got []host.NewEvent, bodies, keys []string, strict bool) {
	t.Helper()
	if len(got) != len(bodies) {
		t.Fatalf("stored %d events, want %d", len(got), len(bodies))
	}
	for i, e := range got {
		if string(e.Body) != bodies[i] {
			t.Errorf("stored %q, want %q", e.Body, bodies[i])
		}
		if e.Key != keys[i] || e.Strict != strict {
			t.Errorf("stored with key %q (strict: %t), want %q (strict: %t)", e.Key, e.Strict, keys[i], strict)
		}
		if e.Trigger != host.PostUserRegistration || e.ReceivedAt.IsZero() || !strings.HasPrefix(e.UserID, "auth0|") {
			t.Errorf("stored %+v without its trigger, time or user", e.Event)
		}
	}
}

func TestServerRefuses(t *testing.T) {
	t.Parallel()
	const cloud, cloudBatch = "Content-Type: application/cloudevents+json", "Content-Type: application/cloudevents-batch+json"
	small := ingress.Limits{EventBytes: 300, BatchBytes: 1000, BatchItems: 3}
	for _, tt := range []struct {
		name   string
		path   string
		header []string
		body   string
		status int
		code   host.Code
		detail string   // the problem's detail contains it
		hint   string   // the problem's hint contains it
		errors []string // "pointer detail", exactly
	}{
		{name: "an unknown trigger", path: "/v1/events/post-login", body: ada,
			status: 404, code: host.NotFound, detail: `no trigger "post-login"`, hint: "post-user-registration"},
		{name: "an empty body", status: 400, code: host.Invalid, detail: "the body is empty"},
		{name: "white space", body: " \n", status: 400, code: host.Invalid, detail: "the body is empty"},
		{name: "no JSON", body: "{\n \"user\": }", status: 400, code: host.Invalid,
			detail: "the body is not JSON: invalid character '}' looking for beginning of value (line 2, column 10, byte 12)"},
		{name: "half an event", body: ada[:20], status: 400, code: host.Invalid,
			detail: "the body is not JSON: unexpected end of JSON input (line 1, column 20, byte 20)"},
		{name: "two events without a batch", body: ada + ada, status: 400, code: host.Invalid, detail: "after top-level value"},
		{name: "text that is not UTF-8", body: "{\"user\":{\"user_id\":\"\xff\"}}", status: 400, code: host.Invalid,
			detail: "the body is not UTF-8 (line 1, column 21, byte 21)"},
		{name: "a half batch", body: "[" + ada + ",", status: 400, code: host.Invalid, detail: "unexpected end of JSON input"},
		{name: "no user_id", body: `{"user":{}}`, status: 400, code: host.Invalid,
			detail: "does not fit post-user-registration", errors: []string{"/user/user_id is required"}},
		{name: "a user_id that is no string", body: `{"user":{"user_id":7}}`, status: 400, code: host.Invalid,
			errors: []string{"/user/user_id must be a string, is a number"}},
		{name: "a batch with two bad items", body: "[" + ada + `,{"user":{}},{"user":{"user_id":7}}]`, status: 400, code: host.Invalid,
			errors: []string{"/1/user/user_id is required", "/2/user/user_id must be a string, is a number"}},
		{name: "an event that is too large", body: `{"user":{"user_id":"` + strings.Repeat("x", 300) + `"}}`,
			status: 413, code: host.TooLarge, detail: "the event has more than 300 bytes"},
		{name: "an item that is too large", body: "[" + ada + `,{"user":{"user_id":"` + strings.Repeat("x", 300) + `"}}]`,
			status: 413, code: host.TooLarge, detail: "the event has more than 300 bytes", errors: []string{"/1 has 323 bytes"}},
		{name: "a batch that is too large", body: "[" + ada + strings.Repeat(" ", 1000) + "]",
			status: 413, code: host.TooLarge, detail: "the body has 1062 bytes; an event may have 300 and a batch 1000"},
		{name: "a batch with too many items", body: "[{},{},{},{}]",
			status: 413, code: host.TooLarge, detail: "the batch has 4 events, and may have 3"},
		{name: "a form", header: []string{"Content-Type: application/x-www-form-urlencoded"}, body: ada,
			status: 415, code: host.Unsupported, detail: "application/x-www-form-urlencoded",
			hint: "application/json, application/cloudevents+json, application/cloudevents-batch+json"},
		{name: "another charset", header: []string{"Content-Type: application/json; charset=utf-16"}, body: ada,
			status: 415, code: host.Unsupported, detail: "utf-16"},
		{name: "a compressed body", header: []string{"Content-Encoding: gzip"}, body: ada,
			status: 415, code: host.Unsupported, detail: `content coding "gzip"`},
		{name: "a suffixed type without a CloudEvent", header: []string{"Content-Type: application/vnd.acme+json"}, body: ada,
			status: 415, code: host.Unsupported},
		{name: "an unknown CloudEvents format", header: binary("Content-Type: application/cloudevents+avro"), body: ada,
			status: 415, code: host.Unsupported},
		{name: "an idempotency key with a space", header: []string{"Idempotency-Key: a b"}, body: ada,
			status: 400, code: host.Invalid, detail: "Idempotency-Key", hint: "1 to 256 visible ASCII characters"},
		{name: "an idempotency key that is too long", header: []string{"Idempotency-Key: " + strings.Repeat("k", 257)}, body: ada,
			status: 400, code: host.Invalid, detail: "Idempotency-Key"},
		{name: "an empty CloudEvent", header: []string{cloud}, body: "{}", status: 400, code: host.Invalid,
			errors: []string{"/data is missing; the event goes there", "/id MUST be a non-empty string", "/source REQUIRED",
				`/specversion is missing; must be "1.0"`, "/type MUST be a non-empty string"}},
		{name: "a CloudEvent of an old version", header: []string{cloud}, status: 400, code: host.Invalid,
			body:   `{"specversion":"0.3","id":"1","source":"/idp","type":"t","data":` + ada + "}",
			errors: []string{`/specversion must be "1.0"`}},
		{name: "CloudEvents attributes of wrong types", header: []string{cloud}, status: 400, code: host.Invalid,
			body: structured("1", ada, `"subject":7,"time":"today","dataschema":"x","datacontenttype":"text/xml","bad-name":"x",`),
			errors: []string{
				"/bad-name bad key, CloudEvents attribute names MUST consist of lower-case letters ('a' to 'z'), upper-case letters ('A' to 'Z') or digits ('0' to '9') from the ASCII character set",
				"/datacontenttype must be JSON: application/json, or a type that ends with +json",
				"/dataschema if present, MUST adhere to the format specified in RFC 3986, Section 4.3. Absolute URI",
				"/subject must be a string", "/time must be a time as in RFC 3339, such as 2026-01-31T12:00:00Z"}},
		{name: "a CloudEvent with an attribute twice", header: []string{cloud}, body: structured("1", ada, `"id":"2",`),
			status: 400, code: host.Invalid, errors: []string{"/id is there twice"}},
		{name: "a CloudEvent with both kinds of data", header: []string{cloud}, body: structured("1", ada, `"data_base64":"e30=",`),
			status: 400, code: host.Invalid, errors: []string{"/data_base64 must not be there beside data"}},
		{name: "data_base64 that is a number", header: []string{cloud}, status: 400, code: host.Invalid,
			body:   `{"specversion":"1.0","id":"1","source":"/idp","type":"t","data_base64":1}`,
			errors: []string{"/data_base64 must be a string in base64"}},
		{name: "data_base64 that is not base64", header: []string{cloud}, status: 400, code: host.Invalid,
			body:   `{"specversion":"1.0","id":"1","source":"/idp","type":"t","data_base64":"%"}`,
			errors: []string{"/data_base64 must be a string in base64"}},
		{name: "data_base64 that holds no event", header: []string{cloud}, status: 400, code: host.Invalid,
			body:   `{"specversion":"1.0","id":"1","source":"/idp","type":"t","data_base64":"e30="}`,
			errors: []string{"/data_base64/user is required"}},
		{name: "a CloudEvent whose data is bad", header: []string{cloud}, body: structured("1", `{"user":{"user_id":7}}`, ""),
			status: 400, code: host.Invalid, errors: []string{"/data/user/user_id must be a string, is a number"}},
		{name: "a CloudEvent that is an array", header: []string{cloud}, body: "[" + structured("1", ada, "") + "]",
			status: 400, code: host.Invalid, errors: []string{" must be a CloudEvent, which is an object"}},
		{name: "a batch of CloudEvents that is one", header: []string{cloudBatch}, body: structured("1", ada, ""),
			status: 400, code: host.Invalid, errors: []string{" must be an array of CloudEvents"}},
		{name: "a bad CloudEvent in a batch", header: []string{cloudBatch},
			body:   "[" + structured("1", ada, "") + ",7," + structured("", `{}`, "") + "]",
			status: 400, code: host.Invalid,
			errors: []string{"/1 must be a CloudEvent, which is an object", "/2/id MUST be a non-empty string"}},
		{name: "bad data in a batch of CloudEvents", header: []string{cloudBatch}, body: "[" + structured("1", `{}`, "") + "]",
			status: 400, code: host.Invalid, errors: []string{"/0/data/user is required"}},
		{name: "a binary CloudEvent without its version", header: []string{"Ce-Id: 1"}, body: ada, status: 400, code: host.Invalid,
			errors: []string{" header ce-source: REQUIRED", ` header ce-specversion: is missing; must be "1.0"`, " header ce-type: MUST be a non-empty string"}},
		{name: "a binary CloudEvent with a bad header", header: binary("Ce-Subject: %ff", "Ce-Time: noon"), body: ada,
			status: 400, code: host.Invalid,
			errors: []string{" header ce-subject: must be percent-encoded UTF-8", " header ce-time: must be a time as in RFC 3339, such as 2026-01-31T12:00:00Z"}},
		{name: "a binary CloudEvent with a batch", header: binary(), body: "[" + ada + "]",
			status: 400, code: host.Invalid, errors: []string{" must be an object, is an array"}},
		{name: "an unknown key", header: []string{"Authorization: Bearer usher_x"}, body: ada,
			status: 401, code: host.Unauthorized, detail: "the API key is unknown"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			store := &memory{}
			target := path
			if tt.path != "" {
				target = tt.path
			}
			w := serve(t, &ingress.Server{Store: store, Limits: small})(request(target, tt.body, tt.header...))
			p := problem(t, w)
			if w.Code != tt.status || p.Status != tt.status || p.Code() != tt.code {
				t.Fatalf("answered %d %s, want %d %s", w.Code, w.Body, tt.status, tt.code)
			}
			if !strings.Contains(p.Detail, tt.detail) || !strings.Contains(p.Hint, tt.hint) {
				t.Errorf("answered %s, want %q with hint %q", w.Body, tt.detail, tt.hint)
			}
			var got []string
			for _, f := range p.Errors {
				got = append(got, f.Pointer+" "+f.Detail)
			}
			if strings.Join(got, "\n") != strings.Join(tt.errors, "\n") {
				t.Errorf("errors are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.errors, "\n"))
			}
			if len(store.events) != 0 {
				t.Errorf("stored %d events", len(store.events))
			}
		})
	}
}

func problem(t *testing.T, w *httptest.ResponseRecorder) web.Problem {
	t.Helper()
	var p web.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("answered %d %s: %v", w.Code, w.Body, err)
	}
	if got := w.Header().Get("Content-Type"); got != web.ProblemType {
		t.Errorf("answered with type %q", got)
	}
	return p
}

func TestServerTellsRepeats(t *testing.T) {
	t.Parallel()
	adaAgain := strings.Replace(ada, "auth0|ada", `auth0|ada","name":"Ada`, 1)
	for _, tt := range []struct {
		name          string
		first, second *http.Request
		status        int
	}{
		{name: "a user with another body is the first registration", status: 200,
			first: request(path, ada), second: request(path, adaAgain)},
		{name: "a user of another tenant is another", status: 202,
			first: request(path, ada), second: request(path, strings.Replace(ada, "acme", "other", 1))},
		{name: "tenant and user are not run together", status: 202,
			first:  request(path, `{"tenant":{"id":"a:"},"user":{"user_id":"b"}}`),
			second: request(path, `{"tenant":{"id":"a"},"user":{"user_id":":b"}}`)},
		{name: "a key with another body is refused", status: 422,
			first: request(path, ada, "Idempotency-Key: k"), second: request(path, adaAgain, "Idempotency-Key: k")},
		{name: "another key is another event, whoever the user", status: 202,
			first: request(path, ada, "Idempotency-Key: k"), second: request(path, ada, "Idempotency-Key: l")},
		{name: "a CloudEvent's id with other data is refused", status: 422,
			first: request(path, ada, binary()...), second: request(path, adaAgain, binary()...)},
		{name: "binary and structured mode are the same event", status: 200,
			first:  request(path, ada, binary()...),
			second: request(path, structured("1", ada, ""), "Content-Type: application/cloudevents+json")},
		{name: "a batch's key with one item changed is refused", status: 422,
			first:  request(path, "["+ada+","+grace+"]", "Idempotency-Key: k"),
			second: request(path, "["+ada+","+ada+"]", "Idempotency-Key: k")},
		{name: "a batch's key with an item more is refused", status: 422,
			first:  request(path, "["+ada+"]", "Idempotency-Key: k"),
			second: request(path, "["+ada+","+grace+"]", "Idempotency-Key: k")},
		{name: "a batch's key is not an event's", status: 202,
			first: request(path, "["+ada+"]", "Idempotency-Key: k"), second: request(path, ada, "Idempotency-Key: k:0")},
		{name: "a batch that is half known is accepted", status: 202,
			first: request(path, ada), second: request(path, "["+ada+","+grace+"]")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			store := &memory{}
			send := serve(t, &ingress.Server{Store: store})
			if w := send(tt.first); w.Code != http.StatusAccepted {
				t.Fatalf("answered %d %s, want 202", w.Code, w.Body)
			}
			if w := send(tt.second); w.Code != tt.status {
				t.Errorf("answered %d %s, want %d", w.Code, w.Body, tt.status)
			}
		})
	}
}

func TestServerAnswersAnEmptyBatch(t *testing.T) {
	t.Parallel()
	w := serve(t, &ingress.Server{Store: &memory{}})(request(path, " [ ] "))
	if got := strings.TrimSpace(w.Body.String()); w.Code != http.StatusOK || got != `{"events":[]}` {
		t.Errorf("answered %d %s", w.Code, got)
	}
}

func TestServerPointsToTheReusedKeyOfABatch(t *testing.T) {
	t.Parallel()
	changed := strings.Replace(ada, "acme", "other", 1)
	for _, tt := range []struct {
		name, kind, first, second string
		want                      []string
	}{
		{name: "a batch", kind: "application/cloudevents-batch+json", want: []string{"/1"},
			first:  "[" + structured("1", ada, "") + "]",
			second: "[" + structured("2", ada, "") + "," + structured("1", changed, "") + "]"},
		{name: "one event, which is not in a list", kind: "application/cloudevents+json",
			first: structured("1", ada, ""), second: structured("1", changed, "")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			send := serve(t, &ingress.Server{Store: &memory{}})
			send(request(path, tt.first, "Content-Type: "+tt.kind))
			w := send(request(path, tt.second, "Content-Type: "+tt.kind))
			var got []string
			for _, f := range problem(t, w).Errors {
				got = append(got, f.Pointer)
			}
			if w.Code != http.StatusUnprocessableEntity || !slices.Equal(got, tt.want) {
				t.Errorf("answered %d %s, want 422 with %v", w.Code, w.Body, tt.want)
			}
		})
	}
}

func TestServerSharesItsPathWithOthers(t *testing.T) {
	t.Parallel()
	e := web.NewEcho(slog.New(slog.DiscardHandler))
	v1 := e.Group("/v1")
	open := func(next echo.HandlerFunc) echo.HandlerFunc { return next }
	(&ingress.Server{Store: &memory{}}).Register(v1, open)
	v1.GET("/events/:id", func(c echo.Context) error { return c.String(http.StatusOK, c.Param("id")) })
	for method, want := range map[string]int{http.MethodPost: http.StatusAccepted, http.MethodGet: http.StatusOK} {
		r := request(path, ada)
		r.Method = method
		w := httptest.NewRecorder()
		if e.ServeHTTP(w, r); w.Code != want {
			t.Errorf("answered %s with %d %s, want %d", method, w.Code, w.Body, want)
		}
	}
}

func TestServerKeepsTraceparent(t *testing.T) {
	t.Parallel()
	other := strings.Replace(trace, "0af7", "1bf7", 1)
	for _, tt := range []struct {
		name   string
		header string
		event  string // a CloudEvent's traceparent
		want   string
	}{
		{name: "valid", header: trace, want: trace},
		{name: "none"},
		{name: "an unknown version with more", header: "01" + trace[2:] + "-x", want: "01" + trace[2:] + "-x"},
		{name: "version 00 with more", header: trace + "-x"},
		{name: "version ff", header: "ff" + trace[2:]},
		{name: "upper case", header: strings.ToUpper(trace)},
		{name: "no trace", header: "00-00000000000000000000000000000000-b7ad6b7169203331-01"},
		{name: "no span", header: "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"},
		{name: "not hexadecimal", header: strings.Replace(trace, "0af7", "0ag7", 1)},
		{name: "wrong separators", header: strings.ReplaceAll(trace, "-", "_")},
		{name: "too short", header: trace[:54]},
		{name: "endless", header: "01" + trace[2:] + "-" + strings.Repeat("x", 300)},
		{name: "of the CloudEvent", header: trace, event: other, want: other},
		{name: "of a CloudEvent, not valid", header: trace, event: "x", want: trace},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			store := &memory{}
			r := request(path, ada, "Traceparent: "+tt.header)
			if tt.event != "" {
				r = request(path, structured("1", ada, `"traceparent":"`+tt.event+`",`),
					"Traceparent: "+tt.header, "Content-Type: application/cloudevents+json")
			}
			if w := serve(t, &ingress.Server{Store: store})(r); w.Code != http.StatusAccepted {
				t.Fatalf("answered %d %s, want 202", w.Code, w.Body)
			}
			if got := store.events[0].Traceparent; got != tt.want {
				t.Errorf("kept %q, want %q", got, tt.want)
			}
		})
	}
}

func TestServerTellsWhatTheStoreSays(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		err    error
		status int
		after  string
	}{
		{name: "a queue that is full", err: &host.Error{Code: host.Overloaded, RetryAfter: 1500 * time.Millisecond}, status: 429, after: "2"},
		{name: "a disk that is full", err: &host.Error{Code: host.Unavailable}, status: 503, after: "1"},
		{name: "a key that was used", err: &host.Error{Code: host.KeyReused}, status: 422},
		{name: "a broken database", err: &host.Error{Code: host.Corrupt}, status: 500},
		{name: "what was not foreseen", err: errors.New("disk I/O error"), status: 500},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := serve(t, &ingress.Server{Store: failing{tt.err}})(request(path, ada))
			if w.Code != tt.status || w.Header().Get("Retry-After") != tt.after {
				t.Errorf("answered %d with Retry-After %q, want %d with %q", w.Code, w.Header().Get("Retry-After"), tt.status, tt.after)
			}
			if bytes.Contains(w.Body.Bytes(), []byte("disk I/O")) {
				t.Errorf("told the cause to the sender: %s", w.Body)
			}
		})
	}
}

func TestServerReadsBodiesOfUnknownLength(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 10, 4096, 5000, 20_000} {
		for name, wrap := range map[string]func(io.Reader) io.Reader{
			"at once":      func(r io.Reader) io.Reader { return r },
			"byte by byte": oneByte,
		} {
			t.Run(name+" "+strconv.Itoa(n), func(t *testing.T) {
				t.Parallel()
				store := &memory{}
				body := `{"user":{"user_id":"a","name":"` + strings.Repeat("x", n) + `"}}`
				r := request(path, "")
				r.Body, r.ContentLength = io.NopCloser(wrap(strings.NewReader(body))), -1
				if w := serve(t, &ingress.Server{Store: store})(r); w.Code != http.StatusAccepted {
					t.Fatalf("answered %d %s, want 202", w.Code, w.Body)
				}
				if string(store.events[0].Body) != body {
					t.Errorf("stored %d bytes, want %d", len(store.events[0].Body), len(body))
				}
			})
		}
	}
}

func TestServerRefusesLargeBodiesEarly(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		body      io.Reader
		announced int64
		read      int64 // at most
	}{
		{name: "announced as more than a batch", body: endless('['), announced: 9 << 20, read: 0},
		{name: "announced as more than an event", body: endless('{'), announced: 1 << 20, read: 256<<10 + 1},
		{name: "an event without end", body: endless('{'), announced: -1, read: 256<<10 + 1},
		{name: "white space without end", body: endless(' '), announced: -1, read: 256<<10 + 1},
		{name: "a batch without end", body: endless('['), announced: -1, read: 8<<20 + 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			counted := &counter{Reader: tt.body}
			r := request(path, "")
			r.Body, r.ContentLength = io.NopCloser(counted), tt.announced
			w := serve(t, &ingress.Server{Store: &memory{}})(r)
			if w.Code != http.StatusRequestEntityTooLarge || counted.n > tt.read {
				t.Errorf("answered %d after %d bytes, want 413 after at most %d", w.Code, counted.n, tt.read)
			}
		})
	}
}

func TestServerRefusesABodyThatBreaksOff(t *testing.T) {
	t.Parallel()
	store := &memory{}
	r := request(path, "")
	r.ContentLength = int64(len(ada))
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader(ada[:9]), broken{}))
	w := serve(t, &ingress.Server{Store: store})(r)
	if p := problem(t, w); w.Code != http.StatusBadRequest || !strings.Contains(p.Detail, "broke off after 9 bytes") {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	if len(store.events) != 0 {
		t.Errorf("stored %d events", len(store.events))
	}
}
