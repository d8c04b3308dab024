package fake_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/fake"
	"github.com/usherhost/usher/host/redact"
)

// vector is one case of testdata/match.json, which the test helper for
// JavaScript passes as well.
type vector struct {
	Name     string          `json:"name"`
	Fakes    json.RawMessage `json:"fakes"`
	Requests []struct {
		Method  string            `json:"method"`
		URL     string            `json:"url"`
		Headers map[string]string `json:"headers"`
		Body    string            `json:"body"`
		Want    struct {
			Status int    `json:"status"`
			Body   string `json:"body"`
			Error  string `json:"error"`
		} `json:"want"`
	} `json:"requests"`
}

func TestFakesAnswerWhatTheyMatch(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/match.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(data, &vectors); err != nil {
		t.Fatal(err)
	}
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			fakes, err := fake.Parse(v.Fakes)
			if err != nil {
				t.Fatal(err)
			}
			set := fake.NewSet(fakes, nil)
			for _, r := range v.Requests {
				request := &host.HTTPRequest{Method: r.Method, URL: r.URL, Header: http.Header{}, Body: []byte(r.Body), MaxRequests: 10}
				for name, value := range r.Headers {
					request.Header.Set(name, value)
				}
				response, failure := set.Send(t.Context(), request)
				switch {
				case failure != nil && (r.Want.Error == "" || !strings.Contains(failure.Message, r.Want.Error)):
					t.Errorf("%s %s failed with %q, want %+v", r.Method, r.URL, failure.Message, r.Want)
				case failure == nil && (r.Want.Error != "" || response.Status != r.Want.Status || compact(response.Body) != r.Want.Body):
					t.Errorf("%s %s got %d %s, want %+v", r.Method, r.URL, response.Status, response.Body, r.Want)
				}
			}
		})
	}
}

// compact writes JSON without spaces, and other text as it is.
func compact(body []byte) string {
	var value any
	if json.Unmarshal(body, &value) != nil {
		return string(body)
	}
	text, _ := json.Marshal(value)
	return string(text)
}

func TestAMissedRequestComesWithAFakeThatAnswersIt(t *testing.T) {
	t.Parallel()
	set := fake.NewSet(nil, map[string]string{"HOOK": "https://hooks.example.com/T/B*C", "KEY": "s3cr3t"})
	request := &host.HTTPRequest{
		Method: "POST", URL: "https://hooks.example.com/T/B*C", MaxRequests: 1,
		Body: []byte(`{"text":"5 * 3","key":"s3cr3t","client_secret":"other","n":[1,null]}`),
	}
	if _, failure := set.Send(t.Context(), request); failure == nil || failure.Code != host.EgressNetwork {
		t.Fatalf("failure %v", failure)
	}
	missed := set.Missed()
	if len(missed) != 1 {
		t.Fatalf("missed %+v", missed)
	}
	text, err := json.Marshal(missed[0])
	if err != nil {
		t.Fatal(err)
	}
	if got := missed[0].Fake.Request.URL; got != "https://hooks.example.com/*" {
		t.Errorf("its fake is for %s", got)
	}
	for _, secret := range []string{"s3cr3t", "/T/B", "other"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("%s shows %q", text, secret)
		}
	}
	again := fake.NewSet([]fake.Fake{missed[0].Fake}, nil)
	if _, failure := again.Send(t.Context(), request); failure != nil {
		t.Errorf("its fake %s does not answer it: %v", text, failure)
	}
}

func TestSentRequestsAreReported(t *testing.T) {
	t.Parallel()
	set := fake.NewSet([]fake.Fake{
		{Request: fake.Request{URL: "https://a.example/old"}, Response: fake.Response{Status: 301, Headers: fake.Headers{"location": {"/new"}}}},
		{Request: fake.Request{URL: "https://a.example/new"}, Response: fake.Response{Status: 204}},
	}, map[string]string{"KEY": "s3cr3t"})
	for _, r := range []host.HTTPRequest{
		{Method: "post", URL: "https://a.example/old", Header: http.Header{"Authorization": {"Bearer s3cr3t"}}, Body: []byte("key=s3cr3t"), MaxRequests: 2},
		{URL: "https://a.example/none", Body: []byte{0xff}, MaxRequests: 1},
	} {
		_, _ = set.Send(t.Context(), &r)
	}
	got, err := json.Marshal(set.Sent())
	if err != nil {
		t.Fatal(err)
	}
	const want = `[{"method":"POST","url":"https://a.example/old","headers":{"authorization":"Bearer [secret KEY]"},"body":"key=[secret KEY]","status":301},` +
		`{"method":"GET","url":"https://a.example/new","headers":{"authorization":"Bearer [secret KEY]"},"status":204},` +
		`{"method":"GET","url":"https://a.example/none","body_base64":"/w=="}]`
	if string(got) != want {
		t.Errorf("sent %s\nwant %s", got, want)
	}
}

func TestARedirectToAnotherOriginLosesWhatMayCarryASecret(t *testing.T) {
	t.Parallel()
	redirects := func(from, to string, status int) fake.Fake {
		return fake.Fake{Request: fake.Request{URL: from}, Response: fake.Response{Status: status, Headers: fake.Headers{"location": {to}}}}
	}
	set := fake.NewSet([]fake.Fake{
		redirects("https://a.example/same", "/end", 307),
		redirects("https://a.example/other", "https://b.example/end", 307),
		redirects("https://a.example/port", "https://a.example:8443/end", 302),
		redirects("https://a.example/plain", "http://a.example/end", 302),
		{Request: fake.Request{URL: "https://*/end"}},
	}, nil)
	header := http.Header{"Authorization": {"Bearer x"}, "Cookie": {"a=1"}, "X-Api-Key": {"k"}, "Accept": {"text/plain"}, "Content-Type": {"text/plain"}}
	for _, tt := range []struct{ path, method, names string }{
		{"same", "POST", "accept authorization content-type cookie x-api-key"},
		{"other", "POST", "accept content-type"},
		{"port", "GET", "accept"},
	} {
		if _, failure := set.Send(t.Context(), &host.HTTPRequest{Method: "POST", URL: "https://a.example/" + tt.path, Header: header, Body: []byte("x"), MaxRequests: 9}); failure != nil {
			t.Fatal(failure)
		}
		sent := set.Sent()
		last := sent[len(sent)-1]
		if got := strings.Join(slices.Sorted(maps.Keys(last.Headers)), " "); got != tt.names || last.Method != tt.method {
			t.Errorf("%s: the second request is a %s with %s, want a %s with %s", tt.path, last.Method, got, tt.method, tt.names)
		}
	}
	if _, failure := set.Send(t.Context(), &host.HTTPRequest{URL: "https://a.example/plain", MaxRequests: 9}); codeOf(failure) != host.EgressRefused {
		t.Errorf("a redirect from https to http: %v", failure)
	}
}

func TestADelayPassesAndATimeoutEndsIt(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		timeout time.Duration
		took    time.Duration
		code    host.EgressCode
	}{
		{name: "within the timeout", timeout: time.Second, took: 300 * time.Millisecond},
		{name: "without a timeout", took: 300 * time.Millisecond},
		{name: "over the timeout", timeout: 100 * time.Millisecond, took: 100 * time.Millisecond, code: host.EgressTimeout},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				set := fake.NewSet([]fake.Fake{{Request: fake.Request{URL: "https://a.example/*"}, DelayMillis: 300}}, nil)
				began := time.Now()
				_, failure := set.Send(t.Context(), &host.HTTPRequest{URL: "https://a.example/x", Timeout: tt.timeout, MaxRequests: 1})
				if took := time.Since(began); took != tt.took {
					t.Errorf("took %v, want %v", took, tt.took)
				}
				if got := codeOf(failure); got != tt.code {
					t.Errorf("failed with %q, want %q", got, tt.code)
				}
			})
		})
	}
}

func TestTheEndOfTheRunEndsADelay(t *testing.T) {
	t.Parallel()
	set := fake.NewSet([]fake.Fake{{Request: fake.Request{URL: "*"}, DelayMillis: 3_600_000}}, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, failure := set.Send(ctx, &host.HTTPRequest{URL: "https://a.example/x", MaxRequests: 1}); codeOf(failure) != host.EgressTimeout {
		t.Errorf("failure %v", failure)
	}
}

func codeOf(f *host.EgressFailure) host.EgressCode {
	if f == nil {
		return ""
	}
	return f.Code
}

func TestLimitsHoldForFakes(t *testing.T) {
	t.Parallel()
	set := fake.NewSet([]fake.Fake{
		{Request: fake.Request{URL: "https://a.example/large"}, Response: fake.Response{Body: "0123456789"}},
		{Request: fake.Request{URL: "https://a.example/round"}, Response: fake.Response{Status: 302, Headers: fake.Headers{"location": {"/round"}}}},
	}, nil)
	for _, tt := range []struct {
		name    string
		request host.HTTPRequest
		code    host.EgressCode
		limit   string
	}{
		{name: "of a body's size", request: host.HTTPRequest{URL: "https://a.example/large", MaxResponseBytes: 9, MaxRequests: 1}, code: host.EgressLimit, limit: "response_bytes"},
		{name: "of requests with redirects", request: host.HTTPRequest{URL: "https://a.example/round", MaxRequests: 2}, code: host.EgressLimit, limit: "http_requests"},
		{name: "of redirects", request: host.HTTPRequest{URL: "https://a.example/round", MaxRequests: 99}, code: host.EgressNetwork},
		{name: "of redirects that are errors", request: host.HTTPRequest{URL: "https://a.example/round", MaxRequests: 99, Redirect: host.RedirectError}, code: host.EgressNetwork},
		{name: "of addresses", request: host.HTTPRequest{URL: "file:///etc/passwd", MaxRequests: 1}, code: host.EgressInvalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, failure := set.Send(t.Context(), &tt.request)
			if codeOf(failure) != tt.code || failure.Limit != tt.limit {
				t.Errorf("failure %+v, want %s %s", failure, tt.code, tt.limit)
			}
		})
	}
}

func TestFilesAreCheckedWhole(t *testing.T) {
	t.Parallel()
	const good = `[{"request": {"url": "https://a.example/x"}, "response": {"status": 204}}]`
	for _, tt := range []struct {
		name, file, text, want string
	}{
		{name: "JSON", file: "fakes.json", text: good},
		{name: "YAML", file: "fakes.yaml", text: "- request: {url: https://a.example/x}\n  response:\n    status: 204\n"},
		{name: "an empty list", file: "fakes.json", text: "[]"},
		{name: "an empty YAML file", file: "fakes.yml", text: "# none yet\n"},
		{name: "broken JSON", file: "fakes.json", text: "[\n{]\n", want: "line 2: "},
		{name: "no list", file: "fakes.json", text: `{"fakes": []}`, want: "the file must hold a list"},
		{name: "an unknown key", file: "fakes.json", text: `[{"request": {"uri": "x"}}]`, want: `fake 1: unknown field "uri"`},
		{name: "no address", file: "fakes.json", text: `[{"request": {}}]`, want: "fake 1: request.url is missing"},
		{name: "an address that none has", file: "fakes.json", text: `[{"request": {"url": "/users"}}]`, want: `fake 1: request.url is "/users"`},
		{name: "an invalid status", file: "fakes.json", text: `[{"request": {"url": "*"}, "response": {"status": 99}}]`, want: "response.status is 99"},
		{name: "two bodies", file: "fakes.json", text: `[{"request": {"url": "*"}, "response": {"body": "a", "json": null}}]`, want: "more than one of body"},
		{name: "an unknown error", file: "fakes.json", text: `[{"request": {"url": "*"}, "error": "ECONNRESET"}]`, want: `it must be "network" or "timeout"`},
		{name: "a negative delay", file: "fakes.json", text: `[{"request": {"url": "*"}, "delay_ms": -1}]`, want: "delay_ms is negative"},
		{name: "negative times", file: "fakes.json", text: `[{"request": {"url": "*"}, "times": -1}]`, want: "times is negative"},
		{name: "an invalid header value", file: "fakes.json", text: `[{"request": {"url": "*"}, "response": {"headers": {"a": 1}}}]`, want: "a header's value must be a string"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), tt.file)
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := fake.ReadFile(path)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			if wrong, ok := errors.AsType[*host.Error](err); err != nil && (!ok || wrong.Hint == "") {
				t.Errorf("error %v has no hint", err)
			}
		})
	}
	if _, err := fake.ReadFile(filepath.Join(t.TempDir(), "gone.json")); host.CodeOf(err) != host.NotFound {
		t.Errorf("a missing file: %v", err)
	}
}

// direct sends requests as they are.
type direct struct{}

func (direct) Send(ctx context.Context, r *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure) {
	request, err := http.NewRequestWithContext(ctx, r.Method, r.URL, strings.NewReader(string(r.Body)))
	if err != nil {
		return nil, &host.EgressFailure{Code: host.EgressInvalid, Message: err.Error()}
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, &host.EgressFailure{Code: host.EgressNetwork, Message: err.Error()}
	}
	defer func() { _ = response.Body.Close() }()
	body := make([]byte, 1024)
	n, _ := response.Body.Read(body)
	return &host.HTTPResponse{Status: response.StatusCode, Header: response.Header, Body: body[:n], URL: r.URL, Requests: 1}, nil
}

func TestWhatIsRecordedAnswersAlike(t *testing.T) {
	t.Parallel()
	calls := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls++
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Set-Cookie", "session=topsecret")
		if calls <= 2 {
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		_, _ = w.Write([]byte(`{"access_token":"abcdef","echo":"s3cr3t","n":1}`))
	}))
	defer server.Close()
	recorder := fake.NewRecorder(direct{}, map[string]string{"KEY": "s3cr3t"})
	request := &host.HTTPRequest{Method: "POST", URL: server.URL + "/token?key=s3cr3t", Body: []byte(`{"key":"s3cr3t"}`), MaxRequests: 1}
	for range 4 {
		if _, failure := recorder.Send(t.Context(), request); failure != nil {
			t.Fatal(failure)
		}
	}
	text, err := fake.Format(recorder.Fakes())
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"s3cr3t", "topsecret", "abcdef"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("the file holds %q:\n%s", secret, text)
		}
	}
	fakes, err := fake.Parse(text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	set := fake.NewSet(fakes, nil)
	for i, status := range []int{429, 429, 200, 200, 200} {
		response, failure := set.Send(t.Context(), request)
		if failure != nil || response.Status != status {
			t.Errorf("answer %d is %+v %v, want %d", i+1, response, failure, status)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`[{"request": {"url": "https://a.example/*", "body": {"a": [1]}}, "response": {"json": null}, "times": 1}]`))
	f.Add([]byte(`[{"request": {"url": "\\*"}}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		fakes, err := fake.Parse(data)
		if err != nil {
			return
		}
		for i := range fakes {
			fakes[i].DelayMillis = 0
		}
		_, _ = fake.NewSet(fakes, nil).Send(t.Context(), &host.HTTPRequest{URL: "https://a.example/x", Body: data, MaxRequests: 1})
		text, err := fake.Format(fakes)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fake.Parse(text); err != nil {
			t.Errorf("%s can't be read again: %v", text, err)
		}
	})
}

func TestNoFormOfASecretIsRecorded(t *testing.T) {
	t.Parallel()
	const key = "sk_live/4eC39+HqLy jWD=arj"
	basic := base64.StdEncoding.EncodeToString([]byte("user:" + key))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/binary" {
			_, _ = w.Write([]byte("\xff" + key))
			return
		}
		_, _ = fmt.Fprintf(w, `{%q: 20481024, "basic": %q, "form": %q}`, key, basic, url.QueryEscape(key))
	}))
	defer server.Close()
	recorder := fake.NewRecorder(direct{}, map[string]string{"KEY": key, "PIN": "20481024"})
	for _, r := range []*host.HTTPRequest{
		{URL: server.URL + "/" + url.PathEscape(key)},
		{URL: server.URL + "/binary", Method: "POST", Body: []byte("\xff" + key)},
		{URL: server.URL + "/j", Method: "POST", Body: []byte(`{"` + key + `": 20481024, "basic": "` + basic + `"}`)},
	} {
		if _, failure := recorder.Send(t.Context(), r); failure != nil {
			t.Fatal(failure)
		}
	}
	text, err := fake.Format(recorder.Fakes())
	if err != nil {
		t.Fatal(err)
	}
	shown := redact.New(map[string]string{"KEY": key, "PIN": "20481024"})
	if found := shown.Find(string(text)); len(found) > 0 {
		t.Errorf("the file gives away %+v:\n%s", found, text)
	}
	if _, err := fake.Parse(text); err != nil {
		t.Error(err)
	}
}
