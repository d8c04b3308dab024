package admin_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/usherhost/usher/host"
)

func TestAListIsReplacedOnlyAsItWasRead(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.action(t, "one")
	a.action(t, "two")
	const path = "/v1/triggers/post-user-registration/bindings"
	read := func() string { return a.call(t, request{path: path, key: a.read}).Header().Get("ETag") }
	put := func(tag, actions string) (int, string) {
		answer := a.call(t, request{method: "PUT", path: path, key: a.manage, tag: tag, body: `{"bindings":[` + actions + `]}`})
		return answer.Code, answer.Header().Get("ETag")
	}
	empty := read()
	status, first := put(empty, `{"action":"one"}`)
	if status != http.StatusOK || first == empty || first != read() {
		t.Fatalf("bound with %d, tags %s and %s", status, empty, first)
	}
	p := a.problem(t, http.StatusPreconditionFailed, request{method: "PUT", path: path, tag: empty, body: `{"bindings":[{"action":"two"}]}`})
	if !strings.HasSuffix(p.Type, "/stale") || p.Hint == "" || read() != first {
		t.Errorf("problem %+v", p)
	}
	a.do(t, http.StatusOK, "PATCH", "/v1/bindings/one", `{"settings":{"on_failure":"stop"}}`, nil)
	if status, _ := put(first, ``); status != http.StatusPreconditionFailed {
		t.Errorf("a change of settings was overwritten: %d", status)
	}
	for _, tag := range []string{"*", ""} {
		if status, _ := put(tag, `{"action":"two"}`); status != http.StatusOK {
			t.Errorf("with If-Match %q: %d", tag, status)
		}
	}
}

func TestOfManyWhoReplaceAListAtOnceOneSucceeds(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.action(t, "one")
	const path = "/v1/triggers/post-user-registration/bindings"
	tag := a.call(t, request{path: path, key: a.read}).Header().Get("ETag")
	var all sync.WaitGroup
	codes := make([]int, 8)
	for i := range codes {
		all.Go(func() {
			codes[i] = a.call(t, request{method: "PUT", path: path, key: a.manage, tag: tag, body: `{"bindings":[{"action":"one"}]}`}).Code
		})
	}
	all.Wait()
	count := map[int]int{}
	for _, code := range codes {
		count[code]++
	}
	if count[http.StatusOK] != 1 || count[http.StatusPreconditionFailed] != len(codes)-1 {
		t.Errorf("answers %v", count)
	}
}

func TestADraftIsReplacedOnlyAsItWasRead(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.builds.Builder = builder{}
	a.do(t, http.StatusCreated, "POST", "/v1/actions", `{"name":"hello","trigger":"post-user-registration"}`, nil)
	const path = "/v1/actions/hello/draft"
	put := func(tag, code string) (int, string) {
		answer := a.call(t, request{method: "PUT", path: path, key: a.manage, tag: tag, body: `{"code":"` + code + `"}`})
		return answer.Code, answer.Header().Get("ETag")
	}
	if status, _ := put("*", "one"); status != http.StatusPreconditionFailed {
		t.Errorf("there was a draft: %d", status)
	}
	_, first := put("", "one")
	if got := a.call(t, request{path: path, key: a.read}).Header().Get("ETag"); got != first || first == "" {
		t.Errorf("tags %s and %s", first, got)
	}
	status, second := put(first, "two")
	if status != http.StatusOK || second == first {
		t.Fatalf("replaced with %d, tag %s", status, second)
	}
	if status, _ := put(first, "three"); status != http.StatusPreconditionFailed {
		t.Errorf("overwrote another's draft: %d", status)
	}
	if status, _ := put(`"`+strings.Repeat("x", 22)+`"`, "three"); status != http.StatusPreconditionFailed {
		t.Errorf("overwrote another's draft: %d", status)
	}
	var d host.Draft
	a.do(t, http.StatusOK, "GET", path, "", &d)
	if d.Source.Code != "two" || d.Revision != 2 {
		t.Errorf("draft %+v", d)
	}
	a.problem(t, http.StatusNotFound, request{method: "PUT", path: "/v1/actions/nope/draft", tag: first, body: `{"code":"x"}`})
}
