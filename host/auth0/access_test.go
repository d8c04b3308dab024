package auth0_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/auth0"
	"github.com/usherhost/usher/host/web"
)

func TestAClientOverItsRateGetsRetryAfter(t *testing.T) {
	t.Parallel()
	k := open(t, func(s *auth0.Server, _ *builder) { s.Requests = auth0.Rate{PerSecond: 0.001, Burst: 2} })
	for left := 1; left >= 0; left-- {
		a := k.send("GET", actions, "")
		a.wantStatus(200)
		if a.header.Get("X-RateLimit-Limit") != "2" || a.header.Get("X-RateLimit-Remaining") != strconv.Itoa(left) {
			t.Errorf("headers %v, want %d left", a.header, left)
		}
		reset, err := strconv.ParseInt(a.header.Get("X-RateLimit-Reset"), 10, 64)
		if err != nil || time.Until(time.Unix(reset, 0)) < time.Minute {
			t.Errorf("full again at %s", a.header.Get("X-RateLimit-Reset"))
		}
	}
	a := k.send("GET", actions, "")
	a.want(429, "Too Many Requests", "Global limit has been reached", "too_many_requests")
	if seconds, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || seconds < 500 {
		t.Errorf("retry after %q", a.header.Get("Retry-After"))
	}
	if a := k.ask(asForm, "grant_type=client_credentials", basic(k.key.ID, k.secret)); a.status != 429 || a.header.Get("Retry-After") == "" {
		t.Errorf("a token: %d %s", a.status, a.text)
	}
	_, other := k.newKey(host.ScopeRead)
	k.send("GET", actions, "", bearer(other)).wantStatus(200)
}

func TestFailedCallersAreCountedByTheirAddress(t *testing.T) {
	t.Parallel()
	k := open(t, func(s *auth0.Server, _ *builder) { s.Failures = auth0.Rate{PerSecond: 0.001, Burst: 2} })
	from := func(address string) edit {
		return func(r *http.Request) { r.RemoteAddr = address }
	}
	unknown := bearer("usher_unknown")
	k.send("GET", actions, "", unknown, from("[2001:db8::1]:1")).wantStatus(401)
	k.send("GET", actions, "", unknown, from("[2001:db8::2]:1")).wantStatus(401)
	k.send("GET", actions, "", unknown, from("[2001:db8::3]:1")).
		want(429, "Too Many Requests", "Global limit has been reached", "too_many_requests")
	k.ask(asForm, "grant_type=client_credentials", basic("a", "b"), from("[2001:db8::4]:1")).wantStatus(429)
	k.send("GET", actions, "", unknown, from("[2001:db8:0:1::1]:1")).wantStatus(401)
	k.send("GET", actions, "", unknown, from("192.0.2.7:1")).wantStatus(401)
	k.send("GET", actions, "", from("[2001:db8::1]:1")).wantStatus(200)
}

func TestChangesAreMadeInTheNameOfWhoAsks(t *testing.T) {
	t.Parallel()
	k := open(t)
	k.create("by key", "", "")
	k.send("POST", actions, newAction("by token", "", ""), bearer(k.token(time.Now(), "create:actions"))).wantStatus(201)
	changes, err := k.host.DB.Changes(t.Context(), host.ChangeQuery{})
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]string{"by key": "key", "by token": "client"}
	seen := 0
	for _, c := range changes {
		if want, ok := kinds[c.Name]; ok {
			seen++
			if c.Actor != (host.Actor{Kind: want, ID: k.key.ID, Name: k.key.Name}) {
				t.Errorf("%s of %q by %+v", c.Verb, c.Name, c.Actor)
			}
		}
	}
	if seen < 2 {
		t.Errorf("%d changes in %+v", seen, changes)
	}
}

func TestTheAccessLogNamesTheKey(t *testing.T) {
	t.Parallel()
	k := open(t)
	var log bytes.Buffer
	k.echo = web.NewEcho(slog.New(slog.NewTextHandler(&log, nil)))
	k.server.Register(k.echo)
	k.create("notify", "guest noop", "")
	if !strings.Contains(log.String(), "key_id="+k.key.ID) || strings.Contains(log.String(), k.secret) {
		t.Errorf("logged %s", &log)
	}
}

func TestAnswersLeaveCodeReadable(t *testing.T) {
	t.Parallel()
	k := open(t)
	a := k.send("POST", actions, newAction("notify", "async (a) => a && 1 < 2", ""))
	if !strings.Contains(a.text, "async (a) => a && 1 < 2") || a.header.Get("Content-Type") != "application/json; charset=utf-8" {
		t.Errorf("answered %s as %s", a.text, a.header.Get("Content-Type"))
	}
}
