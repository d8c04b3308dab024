package jstest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/internal/jstest"
	"github.com/usherhost/usher/host/tape"
)

// peer is a server that plays what each path answers in turn, the last answer for ever:
// "200", "500 slow", "200 no-store token". It keeps what it got.
type peer struct {
	*httptest.Server
	plays map[string][]string

	mu     sync.Mutex
	got    map[string][]sent // by path
	order  []string          // paths, as they came
	tokens int
}

type sent struct{ key, body, authorization string }

func newPeer(t *testing.T, plays map[string][]string) *peer {
	t.Helper()
	p := &peer{plays: plays, got: map[string][]sent{}}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

func (p *peer) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, _ := io.ReadAll(q.Body)
	p.mu.Lock()
	play := p.plays[q.URL.Path]
	if n := len(p.got[q.URL.Path]); len(play) > 0 {
		play = strings.Fields(play[min(n, len(play)-1)])
	} else {
		play = []string{"200"}
	}
	p.got[q.URL.Path] = append(p.got[q.URL.Path], sent{q.Header.Get("Idempotency-Key"), string(body), q.Header.Get("Authorization")})
	p.order = append(p.order, q.URL.Path)
	if slices.Contains(play, "token") {
		p.tokens++
	}
	token := fmt.Sprintf("token-number-%d", p.tokens)
	if slices.Contains(play, "short") {
		token = fmt.Sprintf("t%d", p.tokens)
	}
	p.mu.Unlock()
	if slices.Contains(play, "slow") {
		select {
		case <-time.After(300 * time.Millisecond):
		case <-q.Context().Done():
		}
	}
	if slices.Contains(play, "no-store") {
		w.Header().Set("Cache-Control", "private, no-store")
	}
	if slices.Contains(play, "cookie") {
		w.Header().Set("Set-Cookie", "sid="+token+"; HttpOnly")
	}
	w.Header().Set("Content-Type", "application/json")
	var status int
	_, _ = fmt.Sscan(play[0], &status)
	w.WriteHeader(status)
	if slices.Contains(play, "token") {
		_, _ = fmt.Fprintf(w, `{"access_token":%q,"expires_in":3600}`, token)
		return
	}
	_, _ = fmt.Fprintf(w, `{"path":%q}`, q.URL.Path)
}

// counts returns "path n" for each path.
func (p *peer) counts() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []string
	for path, got := range p.got {
		all = append(all, fmt.Sprintf("%s %d", path, len(got)))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

var token = regexp.MustCompile(`token-number-\d+`)

// keys checks that equal keys have equal bodies but for tokens, and returns the number of
// different keys.
func (p *peer) keys(t *testing.T) (n int) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	bodies := map[string]string{}
	for path, got := range p.got {
		for _, s := range got {
			if s.key == "" {
				continue
			}
			body := path + " " + token.ReplaceAllString(s.body, "token")
			if before, found := bodies[s.key]; found && before != body {
				t.Errorf("the key %s is that of %q, and of %q", s.key, before, body)
			}
			bodies[s.key] = body
		}
	}
	return len(bodies)
}

// retrying makes attempts of an action, each with what those before it have left, as the
// executor does.
type retrying struct {
	run     jstest.Run
	wasm    []byte
	earlier []host.EarlierAttempt
	results []host.Result
}

const post = `
const post = async (path, body, headers) => {
	const response = await fetch(event.secrets.PEER + path, { method: "POST", body: JSON.stringify(body), headers });
	if (!response.ok) throw new Error(path + " answers " + response.status);
	return response.json();
};
const { randomUUID } = require("node:crypto");
`

func newRetrying(t *testing.T, p *peer, code string) *retrying {
	t.Helper()
	r := &retrying{wasm: build(t, handler(post+code))}
	r.run = jstest.Run{Secrets: map[string]string{"PEER": p.URL}}
	r.run.Settings.Egress = host.Egress{Allow: []string{p.URL}}
	return r
}

// attempt makes the next attempt, and plays its tape back.
func (r *retrying) attempt(t *testing.T) *host.Result {
	t.Helper()
	kit := jstest.Shared(t)
	r.run.Attempt = len(r.earlier) + 1
	r.run.Resumption = host.Resumption{Earlier: r.earlier, Keep: func(host.Tape) {}}
	result, recorded, err := kit.Run(t.Context(), r.wasm, r.run)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := tape.Encode(&recorded, 0)
	if err == nil {
		recorded, err = tape.Decode(encoded)
	}
	if err != nil {
		t.Fatal(err)
	}
	played, err := kit.Play(t.Context(), r.wasm, r.run, &guest.Recorded{Result: result, Tape: recorded})
	if err != nil {
		t.Fatal(err)
	}
	if played.Divergence != nil {
		t.Errorf("attempt %d can't be played back: %+v", r.run.Attempt, played.Divergence)
	}
	for i := 1; i < len(recorded.Calls); i++ {
		if recorded.Calls[i].EndMicros < recorded.Calls[i-1].EndMicros {
			t.Errorf("attempt %d: the clock went back at call %d", r.run.Attempt, i)
		}
	}
	r.earlier = append(r.earlier, host.EarlierAttempt{Number: r.run.Attempt, Tape: recorded})
	r.results = append(r.results, result)
	return &result
}

// untilSuccess makes attempts until one succeeds, and returns how many it made.
func (r *retrying) untilSuccess(t *testing.T) int {
	t.Helper()
	for n := 1; n <= 8; n++ {
		if result := r.attempt(t); result.Succeeded {
			return n
		}
	}
	b, _ := json.MarshalIndent(r.results[len(r.results)-1], "", " ")
	t.Fatalf("no attempt succeeded, the last one:\n%s", b)
	return 0
}

// passes makes the attempts older.
func (r *retrying) passes(d time.Duration) {
	for i := range r.earlier {
		tape := &r.earlier[i].Tape
		tape.Start = tape.Start.Add(-d)
		for j := range tape.Calls {
			if c := &tape.Calls[j]; !c.At.IsZero() {
				c.At = c.At.Add(-d)
			}
		}
	}
}

// fromTape returns the calls of the last attempt that were answered from a tape, as
// "path attempt".
func (r *retrying) fromTape() string {
	var all []string
	for _, c := range r.results[len(r.results)-1].Calls {
		if c.FromAttempt != 0 && c.Function != "http_start" {
			all = append(all, fmt.Sprint(c.Target[strings.LastIndex(c.Target, "/"):], " ", c.FromAttempt))
		}
	}
	return strings.Join(all, ", ")
}

func TestARetrySendsOnlyWhatHadNotSucceeded(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		code     string
		plays    map[string][]string
		attempts int
		want     string // requests by path over all attempts
		keys     int    // different Idempotency-Keys
		fromTape string // in the last attempt
	}{
		{
			name: "one after the other", attempts: 2, want: "/a 1, /b 2", keys: 2, fromTape: "/a 1",
			code:  `await post("/a", { id: randomUUID(), at: Date.now() }); await post("/b", { id: randomUUID(), at: performance.now() });`,
			plays: map[string][]string{"/b": {"500", "200"}},
		},
		{
			name: "together", attempts: 2, want: "/a 1, /b 2", keys: 2, fromTape: "/a 1",
			code:  `await Promise.all([post("/a", { id: randomUUID() }), post("/b", { id: randomUUID() })]);`,
			plays: map[string][]string{"/b": {"500 slow", "200"}},
		},
		{
			name: "together, and one fails before the other is answered", attempts: 2, want: "/a 1, /b 2", keys: 2, fromTape: "/a 1",
			code:  `await Promise.all([post("/a", { id: randomUUID() }), post("/b", { id: randomUUID() })]);`,
			plays: map[string][]string{"/a": {"200 slow"}, "/b": {"500", "200"}},
		},
		{
			name: "together, in the order in which they were answered", attempts: 2, want: "/a 1, /a2 1, /b 1, /b2 1, /c 2", keys: 5, fromTape: "/b 1, /b2 1, /a 1, /a2 1",
			code: `
				const twice = async (path) => { await post(path, {}); await post(path + "2", { id: randomUUID(), at: Date.now() }); };
				await Promise.all([twice("/a"), twice("/b")]);
				await post("/c", { id: randomUUID() });`,
			plays: map[string][]string{"/a": {"200 slow"}, "/c": {"500", "200"}},
		},
		{
			name: "a token of two letters is fetched again", attempts: 2,
			want: "/a 1, /b 2, /token 2", keys: 3, fromTape: "/a 1",
			code: `
				const { access_token } = await post("/token", {});
				const headers = { Authorization: "Bearer " + access_token };
				await post("/a", { id: randomUUID() }, headers);
				await post("/b", { id: randomUUID() }, headers);`,
			plays: map[string][]string{"/token": {"200 no-store token short"}, "/b": {"500", "200"}},
		},
		{
			name: "another header alone: sent again, with the same key", attempts: 3,
			want: "/a 3, /b 3", keys: 2, fromTape: "",
			code: `
				const headers = { "X-Attempt": event.secrets.ATTEMPT ?? "1" };
				await post("/a", { id: randomUUID() }, headers);
				await post("/b", { id: randomUUID() }, headers);`,
			plays: map[string][]string{"/b": {"500", "500", "200"}},
		},
		{
			name: "a token is fetched again, and what was sent with the old one is not sent again", attempts: 2,
			want: "/a 1, /b 2, /token 2", keys: 3, fromTape: "/a 1",
			code: `
				const { access_token } = await post("/token", { grant_type: "client_credentials" });
				const headers = { Authorization: "Bearer " + access_token };
				await post("/a", { id: randomUUID() }, headers);
				await post("/b", { id: randomUUID() }, headers);`,
			plays: map[string][]string{"/token": {"200 no-store token"}, "/b": {"500", "200"}},
		},
		{
			name: "a token is fetched again in each attempt", attempts: 4, want: "/a 1, /b 2, /c 3, /token 4", keys: 4, fromTape: "/a 1, /b 2",
			code: `
				const { access_token } = await post("/token", {});
				const headers = { Authorization: "Bearer " + access_token };
				for (const path of ["/a", "/b", "/c"]) await post(path, { id: randomUUID(), at: Date.now() }, headers);`,
			plays: map[string][]string{"/token": {"200 no-store token"}, "/b": {"500", "200"}, "/c": {"500", "502", "200"}},
		},
		{
			name: "what was made again has another id, and what belongs to it is sent for it", attempts: 2, want: "/b 2, /c 2, /token 2", keys: 4, fromTape: "",
			code: `
				const { access_token: id } = await post("/token", {});
				await post("/c", { id });
				await post("/b", {});`,
			plays: map[string][]string{"/token": {"200 no-store token"}, "/b": {"500", "200"}},
		},
		{
			name: "a session in a cookie", attempts: 2, want: "/a 1, /b 2, /login 2", keys: 3, fromTape: "/a 1",
			code: `
				const login = await fetch(event.secrets.PEER + "/login", { method: "POST" });
				const headers = { cookie: login.headers.get("set-cookie").split(";")[0] };
				for (const path of ["/a", "/b"]) await post(path, { path }, headers);`,
			plays: map[string][]string{"/login": {"204 no-store cookie token"}, "/b": {"500", "200"}},
		},
		{
			name: "an assertion that may be used once", attempts: 3, want: "/a 2, /b 2, /token 3", keys: 3, fromTape: "",
			code: `
				await post("/token", { at: 1 });
				for (const path of ["/a", "/b"]) await post(path, { path });`,
			plays: map[string][]string{"/token": {"200 no-store", "400", "200 no-store"}, "/b": {"500", "200"}},
		},
		{
			name: "a token that may be stored", attempts: 2, want: "/a 1, /b 2, /token 1", keys: 3, fromTape: "/token 1, /a 1",
			code: `
				const { access_token } = await post("/token", {});
				for (const path of ["/a", "/b"]) await post(path, {}, { Authorization: "Bearer " + access_token });`,
			plays: map[string][]string{"/token": {"200 token"}, "/b": {"500", "200"}},
		},
		{
			name: "after a 401 everything", attempts: 3, want: "/a 2, /b 3", keys: 2, fromTape: "",
			code:  `await post("/a", { one: 1 }); await post("/b", { two: 2 });`,
			plays: map[string][]string{"/b": {"500", "401", "200"}},
		},
		{
			name: "after a 403 everything, and from there on it resumes again", attempts: 4, want: "/a 2, /b 4", keys: 2, fromTape: "/a 3",
			code:  `await post("/a", { one: 1 }); await post("/b", { two: 2 });`,
			plays: map[string][]string{"/b": {"500", "403", "500", "200"}},
		},
		{
			name: "a 401 in the first attempt", attempts: 2, want: "/a 1, /b 2", keys: 2, fromTape: "/a 1",
			code:  `await post("/a", { one: 1 }); await post("/b", { two: 2 });`,
			plays: map[string][]string{"/b": {"401", "200"}},
		},
		{
			name: "errors that the action catches", attempts: 2, want: "/1 1, /2 2, /3 1, /4 1", keys: 4, fromTape: "/1 1, /3 1, /4 1",
			code: `
				let failed = 0;
				for (const n of [1, 2, 3, 4]) {
					try { await post("/" + n, { n, id: randomUUID(), at: Date.now() }); } catch (error) { console.log(error.message); failed++; }
					await new Promise((resolve) => setTimeout(resolve, 20));
				}
				if (failed) throw new Error(failed + " failed");`,
			plays: map[string][]string{"/2": {"500", "200"}},
		},
		{
			name: "what the action had sent twice itself", attempts: 2, want: "/a 1, /b 2, /c 2", keys: 4, fromTape: "/a 1, /b 1",
			code: `
				await post("/a", {});
				try { await post("/b", { id: 7 }); } catch { await new Promise((resolve) => setTimeout(resolve, 10)); await post("/b", { id: 7 }); }
				await post("/c", { at: Date.now() });`,
			plays: map[string][]string{"/b": {"500", "200"}, "/c": {"500", "200"}},
		},
		{
			name: "equal requests, each once", attempts: 2, want: "/a 3, /b 2", keys: 4, fromTape: "/a 1, /a 1, /a 1",
			code:  `for (let i = 0; i < 3; i++) await post("/a", {}); await post("/b", {});`,
			plays: map[string][]string{"/b": {"500", "200"}},
		},
		{
			name: "four attempts", attempts: 4, want: "/a 1, /b 2, /c 2, /d 2", keys: 4, fromTape: "/a 1, /b 2, /c 3",
			code:  `for (const path of ["/a", "/b", "/c", "/d"]) await post(path, { path, id: randomUUID(), at: Date.now() });`,
			plays: map[string][]string{"/b": {"500", "200"}, "/c": {"500", "200"}, "/d": {"500", "200"}},
		},
		{
			name: "a failed attempt that came to less than the one before", attempts: 3, want: "/a 1, /b 1, /c 2", keys: 3, fromTape: "/a 1, /b 1",
			code: `
				await post("/a", { at: Date.now() });
				if (event.execution?.attempt === 2 || JSON.parse(event.secrets.ATTEMPT ?? "0") === 2) throw new Error("not now");
				await post("/b", { at: Date.now() }); await post("/c", { at: Date.now() });`,
			plays: map[string][]string{"/c": {"500", "200"}},
		},
		{
			name: "redirects that the action follows itself", attempts: 2, want: "/a 1, /b 2", keys: 2, fromTape: "/a 1",
			code: `
				const moved = await fetch(event.secrets.PEER + "/a", { method: "POST", redirect: "manual" });
				await post("/b", { moved: moved.status });`,
			plays: map[string][]string{"/a": {"302"}, "/b": {"500", "200"}},
		},
		{
			name: "what failed for its time is sent again with its key", attempts: 2, want: "/a 1, /b 2", keys: 2, fromTape: "/a 1",
			code: `
				await post("/a", { at: Date.now() });
				await fetch(event.secrets.PEER + "/b", { method: "POST", body: JSON.stringify({ at: Date.now(), id: randomUUID() }), signal: AbortSignal.timeout(60) });`,
			plays: map[string][]string{"/b": {"200 slow", "200"}},
		},
		{
			name: "a token from the cache", attempts: 2, want: "/a 1, /b 2, /token 2", keys: 3, fromTape: "/a 1",
			code: `
				if (!api.cache.get("resume token")) {
					const { access_token } = await post("/token", { id: randomUUID() });
					api.cache.set("resume token", access_token);
				}
				const headers = { Authorization: "Bearer " + api.cache.get("resume token").value };
				await post("/a", { id: randomUUID(), at: performance.now() }, headers);
				await post("/b", { id: randomUUID(), at: performance.now() }, headers);`,
			plays: map[string][]string{"/token": {"200 no-store token"}, "/b": {"500", "200"}},
		},
		{
			name: "what is signed by chance", attempts: 2, want: "/a 1, /b 2", keys: 2, fromTape: "/a 1",
			code: `
				const { privateKey } = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
				const sign = async (text) => Buffer.from(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, Buffer.from(text))).toString("base64url");
				await post("/a", { at: Date.now() }, { Authorization: "Signature " + (await sign("a" + Date.now())) });
				await post("/b", { at: Date.now() }, { Authorization: "Signature " + (await sign("b")) });`,
			plays: map[string][]string{"/b": {"500", "200"}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := newPeer(t, tt.plays)
			r := newRetrying(t, p, tt.code)
			if strings.Contains(tt.code, "ATTEMPT") {
				r.attempt(t)
				r.run.Secrets["ATTEMPT"] = "2"
				r.attempt(t)
				delete(r.run.Secrets, "ATTEMPT")
			}
			r.untilSuccess(t)
			if len(r.results) != tt.attempts {
				t.Errorf("it took %d attempts, want %d", len(r.results), tt.attempts)
			}
			if got := p.counts(); got != tt.want {
				t.Errorf("sent %s, want %s", got, tt.want)
			}
			if got := p.keys(t); got != tt.keys {
				t.Errorf("%d different Idempotency-Keys, want %d: %+v", got, tt.keys, p.got)
			}
			if got := r.fromTape(); got != tt.fromTape {
				t.Errorf("the last attempt took %q from tapes, want %q", got, tt.fromTape)
			}
		})
	}
}

func TestARetryOnAnotherPathHasNoKeyOfAnotherRequest(t *testing.T) {
	t.Parallel()
	p := newPeer(t, map[string][]string{"/m": {"200", "500", "200"}})
	r := newRetrying(t, p, `for (const n of event.secrets.WHICH) await post("/m", { n });`)
	for _, which := range []string{"12", "2", "32", "4"} {
		r.run.Secrets["WHICH"] = which
		r.attempt(t)
	}
	var got []string
	for _, s := range p.got["/m"] {
		got = append(got, s.body+" "+s.key)
	}
	// 1 and 2 in the first attempt, of which 2 failed; 2 in the second one; 3 in the third
	// one, which has 2 from the tape; 4 in the last one.
	want := []string{
		`{"n":"1"} exe_1-0-0`, `{"n":"2"} exe_1-0-1`, `{"n":"2"} exe_1-0-1`, `{"n":"3"} exe_1-0-2`, `{"n":"4"} exe_1-0-3`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
}

// TestARequestThatIsCutOnTheTapeIsKnown has a binding that keeps little of long messages.
func TestARequestThatIsCutOnTheTapeIsKnown(t *testing.T) {
	t.Parallel()
	p := newPeer(t, map[string][]string{"/b": {"500", "200"}})
	r := newRetrying(t, p, `for (const path of ["/a", "/b"]) await post(path, { id: randomUUID(), text: "x".repeat(5000) });`)
	r.attempt(t)
	encoded, err := tape.Encode(&r.earlier[0].Tape, 1000)
	if err == nil {
		r.earlier[0].Tape, err = tape.Decode(encoded)
	}
	if err != nil || r.earlier[0].Tape.Calls[0].RequestCut == nil {
		t.Fatalf("not cut: %v", err)
	}
	r.untilSuccess(t)
	if got := p.counts(); got != "/a 1, /b 2" || p.keys(t) != 2 {
		t.Errorf("sent %s, keys %+v", got, p.got)
	}
}

func TestAnAnswerThatIsTooOldIsNotTaken(t *testing.T) {
	t.Parallel()
	p := newPeer(t, map[string][]string{"/b": {"500", "500", "200"}})
	r := newRetrying(t, p, `await post("/a", {}); await post("/b", {});`)
	r.attempt(t)
	r.passes(47 * time.Hour)
	r.attempt(t)
	if got := p.counts(); got != "/a 1, /b 2" {
		t.Errorf("after 47 hours: sent %s", got)
	}
	r.passes(2 * time.Hour)
	r.untilSuccess(t)
	if got := p.counts(); got != "/a 2, /b 3" {
		t.Errorf("after 49 hours: sent %s", got)
	}
	if p.keys(t) != 2 {
		t.Errorf("keys %+v", p.got)
	}
}

// TestARunThatWasRefusedHasTheKeysOfItsRequests resumes with a new request, is refused, and
// begins afresh: no request has the key of another one.
func TestARunThatWasRefusedHasTheKeysOfItsRequests(t *testing.T) {
	t.Parallel()
	p := newPeer(t, map[string][]string{"/b": {"500", "200"}, "/c": {"401", "200"}})
	r := newRetrying(t, p, `
		await post("/a", { at: Date.now() });
		if (event.secrets.WHICH) await post("/new" + event.secrets.WHICH, {});
		await post("/b", {});
		await post("/c", {});
		await post("/d", {});`)
	r.attempt(t)
	r.run.Secrets["WHICH"] = "2"
	r.attempt(t)
	r.passes(time.Minute)
	delete(r.run.Secrets, "WHICH")
	r.untilSuccess(t)
	if got := p.counts(); got != "/a 2, /b 3, /c 2, /d 1, /new2 1" {
		t.Errorf("sent %s", got)
	}
	paths := map[string]string{}
	for path, got := range p.got {
		for _, s := range got {
			if before, found := paths[s.key]; found && before != path {
				t.Errorf("the key %s is that of %s, and of %s", s.key, before, path)
			}
			paths[s.key] = path
		}
	}
	if len(paths) != 5 {
		t.Errorf("%d keys, want one for each path: %v", len(paths), paths)
	}
}

// TestTheClockOfARetryDoesNotJumpOverTimers has a time limit of the action's own over all
// that it does, and comes back long after it.
func TestTheClockOfARetryDoesNotJumpOverTimers(t *testing.T) {
	t.Parallel()
	p := newPeer(t, map[string][]string{"/b": {"500", "200"}})
	r := newRetrying(t, p, `
		const late = new Promise((_, reject) => setTimeout(() => reject(new Error("it took too long")), 20_000));
		await Promise.race([late, (async () => {
			await post("/a", {});
			await post("/b", {});
			await post("/c", { id: randomUUID() });
			await fetch(event.secrets.PEER + "/d", { signal: AbortSignal.timeout(10_000) });
		})()]);`)
	r.attempt(t)
	r.passes(10 * time.Minute)
	if result := r.attempt(t); !result.Succeeded {
		t.Errorf("the retry failed: %s", result.Error.Message)
	}
	if got := p.counts(); got != "/a 1, /b 2, /c 1, /d 1" {
		t.Errorf("sent %s", got)
	}
}

// TestTheClockOfARetryJumpsToThePresent has no timers.
func TestTheClockOfARetryJumpsToThePresent(t *testing.T) {
	t.Parallel()
	p := newPeer(t, map[string][]string{"/b": {"500", "200"}})
	r := newRetrying(t, p, `await post("/a", {}); await post("/b", {}); await post("/c", { at: Date.now() });`)
	r.attempt(t)
	r.passes(10 * time.Minute)
	began := time.Now()
	r.attempt(t)
	var body struct{ At int64 }
	if err := json.Unmarshal([]byte(p.got["/c"][0].body), &body); err != nil || body.At < began.UnixMilli() {
		t.Errorf("the last request says %d, want at least %d (%v)", body.At, began.UnixMilli(), err)
	}
}
