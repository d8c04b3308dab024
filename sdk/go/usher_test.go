package usher_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	usher "github.com/usherhost/usher/sdk/go"
	"github.com/usherhost/usher/sdk/go/ushertest"
)

type event = usher.PostUserRegistrationEvent

const ada = `{
	"user": {"user_id": "auth0|1", "email": "ada@example.com", "name": "Ada \"Countess\" Löwe", "shoe_size": 38},
	"experiment": null, "tenant": {"id": "acme"}, "unknown": {"deep": [1, 2]}
}`

func TestHandle(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		event   string
		handler func(*event) (any, error)
		output  string
		fails   string
	}{
		{
			name: "passes the event and returns the value as JSON", event: ada,
			handler: func(e *event) (any, error) { return e.User.Name, nil },
			output:  `"Ada \"Countess\" Löwe"`,
		},
		{
			name: "has no output for nil", event: ada,
			handler: func(*event) (any, error) { return nil, nil },
		},
		{
			name: "reports the error", event: ada, fails: "no room",
			handler: func(*event) (any, error) { return "lost", errors.New("no room") },
		},
		{
			name: "reports a panic with its stack", event: ada, fails: "panic: oops\ngoroutine",
			handler: func(*event) (any, error) { panic("oops") },
		},
		{
			name: "refuses an event that does not fit", event: `{"user": 1}`, fails: "read the event: ",
			handler: func(*event) (any, error) { return nil, nil },
		},
		{
			name: "refuses a value that is not JSON", event: ada, fails: "json: unsupported type",
			handler: func(*event) (any, error) { return func() {}, nil },
		},
		{
			name: "names a secret that is not set", event: ada, fails: "secret TOKEN is not set",
			handler: func(*event) (any, error) { return usher.Secret("TOKEN") },
		},
		{
			name: "names a setting that is not set", event: ada, fails: "config CHANNEL is not set",
			handler: func(*event) (any, error) { return usher.Config("CHANNEL") },
		},
		{
			name: "knows its execution", event: ada, output: `1`,
			handler: func(*event) (any, error) { return usher.CurrentExecution().Attempt, nil },
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := ushertest.Run(&ushertest.Host{}, tt.event, tt.handler)
			if string(got.Output) != tt.output {
				t.Errorf("output %s, want %s", got.Output, tt.output)
			}
			if !strings.HasPrefix(got.Error, tt.fails) || (got.Error == "") != (tt.fails == "") {
				t.Errorf("error %q, want %q…", got.Error, tt.fails)
			}
		})
	}
}

func TestHandleTakesATypeOfTheAuthor(t *testing.T) {
	t.Parallel()
	type mine struct {
		usher.PostUserRegistrationEvent
		Unknown struct {
			Deep []int `json:"deep"`
		} `json:"unknown"`
	}
	got := ushertest.Run(&ushertest.Host{}, ada, func(e *mine) (any, error) {
		return append(e.Unknown.Deep, len(e.User.Email)), nil
	})
	if string(got.Output) != "[1,2,15]" {
		t.Errorf("output %s, error %q", got.Output, got.Error)
	}
}

func TestSend(t *testing.T) {
	t.Parallel()
	refused := &usher.HTTPError{Code: "refused", Message: "not in allowed hosts"}
	for _, tt := range []struct {
		name    string
		request usher.Request
		sent    usher.Request
		answer  usher.Response
		err     error
	}{
		{
			name:    "gets without a body",
			request: usher.Request{URL: "https://a.example", Timeout: 2 * time.Second, Redirect: "manual"},
			sent:    usher.Request{Method: "GET", URL: "https://a.example", Timeout: 2 * time.Second, Redirect: "manual"},
			answer:  usher.Response{Status: 204},
		},
		{
			name:    "posts JSON with its type and the author's headers",
			request: usher.Request{JSON: map[string]string{"a": "ö\""}, Header: usher.Header{"Authorization": {"Bearer t"}}},
			sent: usher.Request{
				Method: "POST", Body: []byte(`{"a":"ö\""}`),
				Header: usher.Header{"Authorization": {"Bearer t"}, "Content-Type": {"application/json"}},
			},
			answer: usher.Response{Status: 201, Header: usher.Header{"Location": {"/a"}}},
		},
		{
			name:    "carries bytes that are no text both ways",
			request: usher.Request{Method: "PUT", Body: []byte{0xff, 0}},
			sent:    usher.Request{Method: "PUT", Body: []byte{0xff, 0}},
			answer:  usher.Response{Status: 200, Body: []byte{0xfe, 0, 1}},
		},
		{
			name: "reports why there was no answer", err: refused,
			request: usher.Request{URL: "http://127.0.0.1"},
			sent:    usher.Request{Method: "GET", URL: "http://127.0.0.1"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			host := &ushertest.Host{Respond: func(usher.Request) (*usher.Response, error) { return &tt.answer, tt.err }}
			got := ushertest.Run(host, ada, func(*event) (any, error) {
				r, err := usher.Send(tt.request)
				if err != nil {
					return nil, err
				}
				if r.Status != tt.answer.Status || string(r.Body) != string(tt.answer.Body) || r.OK() != (r.Status < 300) {
					t.Errorf("answer %+v, want %+v", r, tt.answer)
				}
				if at := r.Header.Get("LOCATION"); at != tt.answer.Header.Get("location") {
					t.Errorf("location %q", at)
				}
				return nil, nil
			})
			if tt.err != nil && got.Error != tt.err.Error() || tt.err == nil && got.Error != "" {
				t.Errorf("error %q, want %v", got.Error, tt.err)
			}
			check(t, got.Requests, tt.sent)
		})
	}
}

func check(t *testing.T, requests []usher.Request, want usher.Request) {
	t.Helper()
	if len(requests) != 1 {
		t.Fatalf("%d requests, want 1", len(requests))
	}
	got := requests[0]
	if got.Method != want.Method || got.URL != want.URL || string(got.Body) != string(want.Body) ||
		got.Timeout != want.Timeout || got.Redirect != want.Redirect || len(got.Header) != len(want.Header) {
		t.Errorf("sent %+v, want %+v", got, want)
	}
	for name, values := range want.Header {
		if !slices.Equal(got.Header[name], values) {
			t.Errorf("header %s %q, want %q", name, got.Header[name], values)
		}
	}
}

func TestSendRefusesTwoBodies(t *testing.T) {
	t.Parallel()
	got := ushertest.Run(&ushertest.Host{}, ada, func(*event) (any, error) {
		return usher.Send(usher.Request{URL: "https://a.example", Body: []byte("x"), JSON: 1})
	})
	if want := "send to https://a.example: the request has both Body and JSON"; got.Error != want {
		t.Errorf("error %q, want %q", got.Error, want)
	}
}

func TestCache(t *testing.T) {
	t.Parallel()
	host := &ushertest.Host{Cache: map[string]string{"old": "1"}}
	got := ushertest.Run(host, ada, func(*event) (any, error) {
		old, found := usher.CacheGet("old")
		_, missing := usher.CacheGet("new")
		record, err := usher.CacheSet("new", "2", time.Minute)
		again, _ := usher.CacheGet("new")
		deleted, twice := usher.CacheDelete("old"), usher.CacheDelete("old")
		usher.Sleep(3 * time.Second)
		usher.Warnf("%s", twice)
		return []any{old.Value, found, missing, record.Value, err, again.Value, deleted}, nil
	})
	if want := `["1",true,false,"2",null,"2",null]`; string(got.Output) != want {
		t.Errorf("output %s, want %s", got.Output, want)
	}
	if want := (ushertest.Log{Level: usher.LevelWarn, Message: "cache: CacheKeyDoesNotExist"}); len(got.Logs) != 1 || got.Logs[0] != want {
		t.Errorf("logs %v, want %v", got.Logs, want)
	}
	if got.Slept != 3*time.Second {
		t.Errorf("slept %v", got.Slept)
	}
}
