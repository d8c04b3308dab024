package check_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/check"
)

// sent is a run that sent requests, each given as its method, URL, header X-Tag and body.
func sent(requests ...[4]string) *check.Run {
	r := &check.Run{Result: host.Result{Succeeded: true}}
	for i, q := range requests {
		headers := map[string][]string{"content-type": {"application/json"}}
		if q[2] != "" {
			headers["X-Tag"] = []string{q[2]}
		}
		message, err := json.Marshal(map[string]any{"method": q[0], "url": q[1], "headers": headers, "body": q[3]})
		if err != nil {
			panic(err)
		}
		r.Tape.Calls = append(r.Tape.Calls, host.Call{Ordinal: i, Function: "http_send", Request: message})
	}
	return r
}

func logged(lines ...string) *check.Run {
	r := sent()
	for _, line := range lines {
		level, message, _ := strings.Cut(line, " ")
		r.Result.Logs = append(r.Result.Logs, host.Log{Level: level, Message: message})
	}
	return r
}

func ended(r host.Result) *check.Run { return &check.Run{Result: r} }

func TestCompareFindsExactlyWhatDiffers(t *testing.T) {
	t.Parallel()
	const users = "https://api.example.com/users/17"
	post := [4]string{"POST", users, "", `{"name":"Ada","tags":["a","b"]}`}
	get := [4]string{"GET", "https://cdn.example.com/plans", "", ""}
	for _, tt := range []struct {
		name     string
		old, now *check.Run
		want     []string
	}{
		{"nothing", sent(post, get), sent(post, get), nil},
		{"a header is added", sent(post), sent([4]string{post[0], post[1], "x", post[3]}), []string{"changed POST https://api.example.com/users/{}: header x-tag added"}},
		{"a header is removed", sent([4]string{post[0], post[1], "x", post[3]}), sent(post), []string{"changed POST https://api.example.com/users/{}: header x-tag removed"}},
		{"a field changes", sent(post), sent([4]string{post[0], post[1], "", `{"name":"Bob","tags":["a","b"]}`}), []string{"changed POST https://api.example.com/users/{}: body $.name"}},
		{"a number is no string", sent([4]string{"PUT", users, "", `{"n":1}`}), sent([4]string{"PUT", users, "", `{"n":"1"}`}), []string{"changed PUT https://api.example.com/users/{}: body $.n"}},
		{"null is not absent", sent([4]string{"PUT", users, "", `{"n":null}`}), sent([4]string{"PUT", users, "", `{}`}), []string{"changed PUT https://api.example.com/users/{}: body $.n removed"}},
		{"an element is added in front", sent(post), sent([4]string{post[0], post[1], "", `{"name":"Ada","tags":["c","a","b"]}`}), []string{"changed POST https://api.example.com/users/{}: body $.tags[*] added"}},
		{"JSON in another spelling", sent(post), sent([4]string{post[0], post[1], "", `{"tags":["a","b"], "name":"Ada"}`}), []string{"changed POST https://api.example.com/users/{}: body: the same JSON in other bytes"}},
		{"a body that is no JSON", sent([4]string{"PUT", users, "", "a"}), sent([4]string{"PUT", users, "", "b"}), []string{"changed PUT https://api.example.com/users/{}: body"}},
		{"another method", sent(post), sent([4]string{"PUT", post[1], "", post[3]}), []string{"changed POST https://api.example.com/users/{}: method"}},
		{"another path", sent(post), sent([4]string{post[0], "https://api.example.com/people/17", "", post[3]}), []string{"changed POST https://api.example.com/users/{}: URL"}},
		{"another user", sent(post), sent([4]string{post[0], "https://api.example.com/users/18", "", post[3]}), []string{"changed POST https://api.example.com/users/{}: URL"}},
		{"a query", sent(get), sent([4]string{get[0], get[1] + "?page=2", "", ""}), []string{"changed GET https://cdn.example.com/plans: query page added"}},
		{"a call less", sent(post, get), sent(post), []string{"missing GET https://cdn.example.com/plans"}},
		{"a call more, first", sent(post, get), sent([4]string{"GET", "https://new.example.com/a", "", ""}, post, get), []string{"new GET https://new.example.com/a"}},
		{"the same call twice", sent(post), sent(post, post), []string{"new POST https://api.example.com/users/{}"}},
		{"another order", sent(post, get), sent(get, post), []string{"reordered GET https://cdn.example.com/plans"}},
		{
			"one moves from the first place to the last",
			sent([4]string{"GET", "https://a.example.com/", "", ""}, post, get), sent(post, get, [4]string{"GET", "https://a.example.com/", "", ""}),
			[]string{"reordered GET https://a.example.com/"},
		},
		{"a log line more", logged("info begin", "info end"), logged("info begin", "warn slow", "info end"), []string{"logs: line new: warn slow"}},
		{"a log line changes a number", logged("info took 12 ms"), logged("info took 14 ms"), []string{"logs: line changed: info took {} ms"}},
		{"a log line changes its level", logged("info done"), logged("warn done"), []string{"logs: line missing: info done", "logs: line new: warn done"}},
		{"log lines change places", logged("info a", "info b"), logged("info b", "info a"), []string{"logs: line missing: info a", "logs: line new: info a"}},
		{"it fails", ended(host.Result{Succeeded: true}), ended(host.Result{Fault: host.FaultGuest, Error: &host.ResultError{Name: "TypeError", Message: "x is undefined"}}), []string{"fault: fails: guest: TypeError: x is undefined"}},
		{"it fails no longer", ended(host.Result{Fault: host.FaultLimit, Limit: "fuel"}), ended(host.Result{Succeeded: true}), []string{"fault: no longer fails: limit fuel"}},
		{"its output", ended(host.Result{Succeeded: true, Output: []byte(`{"a":1}`)}), ended(host.Result{Succeeded: true, Output: []byte(`{"a":1,"b":2}`)}), []string{"result: output $.b added"}},
		{
			"a command", ended(host.Result{Succeeded: true, Commands: []host.Command{{Type: host.CommandUserMetadata, Key: "plan", Value: []byte(`"free"`)}}}),
			ended(host.Result{Succeeded: true, Commands: []host.Command{{Type: host.CommandUserMetadata, Key: "plan", Value: []byte(`"gold"`)}, {Type: host.CommandDeny}}}),
			[]string{"new " + string(host.CommandDeny), "changed " + string(host.CommandUserMetadata) + " plan: $.value"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, d := range check.Compare(tt.old, tt.now) {
				got = append(got, d.Key())
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("differences %q, want %q", got, tt.want)
			}
		})
	}
}

func TestCompareMatchesAnAnswerToTheCallThatCarriesIt(t *testing.T) {
	t.Parallel()
	old := sent([4]string{"POST", "https://a.example.com/1", "", `{"n":1}`}, [4]string{"POST", "https://a.example.com/2", "", `{"n":2}`})
	now := sent([4]string{"POST", "https://a.example.com/2", "", `{"n":2}`}, [4]string{"POST", "https://a.example.com/1", "", `{"n":9}`})
	var got []string
	for _, d := range check.Compare(old, now) {
		got = append(got, d.Key()+" "+d.Old+" "+d.New)
	}
	want := []string{"changed POST https://a.example.com/{}: body $.n 1 9", "reordered POST https://a.example.com/{} effect 1 effect 2"}
	if len(got) != len(want) || got[0] != want[0] {
		t.Errorf("differences %q, want %q", got, want)
	}
}

func TestCompareOfManyEffectsTakesNoLongTime(t *testing.T) {
	t.Parallel()
	const calls = 10_000
	old, now := &check.Run{}, &check.Run{}
	for i := range calls {
		set := func(value int) host.Call {
			return host.Call{Function: "cache_set", Request: fmt.Appendf(nil, `{"key":"k","value":"%d"}`, value)}
		}
		old.Tape.Calls = append(old.Tape.Calls, set(i))
		now.Tape.Calls = append(now.Tape.Calls, set(-i))
	}
	if found := check.Compare(old, now); len(found) != calls-1 {
		t.Errorf("%d differences", len(found))
	}
}
