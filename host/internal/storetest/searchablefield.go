package storetest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/usherhost/usher/host"
)

var searchableFieldPromises = []promise{
	{"executions and events are found by the values of fields", foundByFields},
	{"what is searchable is named, and nothing else is searched", unsearchable},
	{"reruns and decisions are found by their events", rerunsFoundByFields},
	{"a field that becomes searchable finds older executions when they are indexed", indexedLater},
	{"a field that is not searchable any more is forgotten", fieldDropped},
	{"conditions on fields combine with all others, and find what looking at each would", fieldsCombine},
	{"events are listed newest first, page by page", eventsListed},
	{"results are found by what they are of and how they went", resultsFound},
}

// having accepts an event with this body and returns the ids.
func (b *bench) having(user string, body any) host.Accepted {
	b.Helper()
	text, err := json.Marshal(body)
	b.ok(err)
	return b.accept(keyed(user, host.NewID("key_"), string(text)))
}

// plain is the body of an event of a user with some members.
func plain(members string) json.RawMessage {
	return json.RawMessage(`{"user":{"user_id":"u",` + members + `}}`)
}

func where(t string) host.FieldValue {
	v, err := host.ParseFieldValue(t)
	if err != nil {
		panic(err)
	}
	return v
}

func (b *bench) searchable(paths ...string) {
	b.Helper()
	b.ok(b.SetSearchableFields(b.ctx, paths))
}

func (b *bench) index() {
	b.Helper()
	b.ok(b.IndexFields(b.ctx, nil))
}

func (b *bench) events(q host.EventQuery) []string {
	b.Helper()
	events, err := b.Events(b.ctx, q)
	b.ok(err)
	out := make([]string, len(events))
	for i, e := range events {
		out[i] = e.ID
	}
	return out
}

func foundByFields(b *bench) {
	b.searchable("user.email", "/user/app_metadata/plan", "user.seats", "user.roles", "user.identities.provider", "/user/a.b")
	long := strings.Repeat("ä", 300)
	var made []host.Accepted
	for i, body := range []json.RawMessage{
		plain(`"email":"Ada@Example.com","seats":10,"roles":["admin","dev"],"identities":[{"provider":"google"},{"x":1},{"provider":"github"}]`),
		plain(`"email":"ADA@example.com","seats":1e1,"app_metadata":{"plan":"Pro"},"a.b":true`),
		plain(`"email":null,"seats":10.5,"app_metadata":{"plan":{"name":"Pro"}},"roles":[["admin"],null,7]`),
		plain(`"email":"` + long + `1","app_metadata":{"plan":"pro"},"seats":9007199254740993`),
		plain(`"email":"` + long + `2","seats":"10","roles":[]`),
		json.RawMessage(`{"user":"u"}`),
		json.RawMessage(`[]`),
	} {
		made = append(made, b.having(fmt.Sprint("user", i), body))
	}
	for range 2 {
		for _, tt := range []struct {
			where string
			want  []int
		}{
			{"user.email=ada@example.com", []int{1, 0}},
			{"user.email=ADA@EXAMPLE.COM", []int{1, 0}},
			{"user.email=ada@*", []int{1, 0}},
			{"/user/email=Ada@Ex*", []int{1, 0}},
			{"user.email=null", nil},
			{"user.email=", nil},
			{"user.email=" + long + "1", []int{3}},
			{"user.email=" + long, nil},
			{"user.email=" + strings.Repeat("ä", 20) + "*", []int{4, 3}},
			{"user.app_metadata.plan=Pro", []int{1}},
			{"user.app_metadata.plan=pro", []int{3}},
			{"user.seats=10", []int{4, 1, 0}},
			{"user.seats=10.5", []int{2}},
			{"user.seats=1e1", nil},
			{"user.seats=9007199254740993", []int{3}},
			{"user.roles=admin", []int{0}},
			{"user.roles=dev", []int{0}},
			{"user.roles=7", []int{2}},
			{"user.identities.provider=github", []int{0}},
			{"/user/a.b=true", []int{1}},
		} {
			q := []host.FieldValue{where(tt.where)}
			executions, events := []string{}, []string{}
			for _, i := range tt.want {
				executions, events = append(executions, made[i].ExecutionID), append(events, made[i].EventID)
			}
			b.equal("executions with "+tt.where, b.found(host.ExecutionQuery{Where: q}), executions)
			b.equal("events with "+tt.where, b.events(host.EventQuery{Where: q}), events)
		}
		b.reopen(nil)
	}
	both := []host.FieldValue{where("user.email=ada@example.com"), where("user.seats=10"), where("user.app_metadata.plan=Pro")}
	b.equal("with all of them", b.found(host.ExecutionQuery{Where: both}), []string{made[1].ExecutionID})
	b.equal("of a user", b.found(host.ExecutionQuery{Where: both[:1], UserID: "user0"}), []string{made[0].ExecutionID})
}

func unsearchable(b *bench) {
	for _, w := range []host.FieldValue{{Field: "user.email", Value: "a"}, {Field: "", Value: "a"}, {Field: "user..email", Value: "a"}} {
		_, err := b.Executions(b.ctx, host.ExecutionQuery{Where: []host.FieldValue{w}})
		b.code(err, host.Invalid)
		_, err = b.Events(b.ctx, host.EventQuery{Where: []host.FieldValue{w}})
		b.code(err, host.Invalid)
	}
	b.searchable("user.email", "/user/email", "user.plan")
	b.index()
	fields, err := b.SearchableFields(b.ctx)
	b.ok(err)
	b.equal("fields", fields, []host.SearchableField{{Field: "user.email", Indexed: true, Percent: 100}, {Field: "user.plan", Indexed: true, Percent: 100}})
	_, err = b.Executions(b.ctx, host.ExecutionQuery{Where: []host.FieldValue{{Field: "user.e-mail", Value: "a"}}})
	b.code(err, host.Invalid)
	b.code(b.SetSearchableFields(b.ctx, []string{"user..email"}), host.Invalid)
	var many []string
	for i := range host.MaxSearchableFields + 1 {
		many = append(many, fmt.Sprint("user.f", i))
	}
	b.code(b.SetSearchableFields(b.ctx, many), host.Invalid)
	b.equal("the fields stay", b.found(host.ExecutionQuery{Where: []host.FieldValue{where("user.email=a")}}), []string{})
}

func rerunsFoundByFields(b *bench) {
	b.searchable("user.email")
	b.bound("one")
	first := b.having("a", plain(`"email":"a@x"`))
	other := b.having("b", plain(`"email":"b@x"`))
	rerun, err := b.RerunExecution(b.ctx, first.ExecutionID, host.RerunOptions{})
	b.ok(err)
	b.gate("gate")
	d := b.decide("c", host.Deny)
	b.equal("a", b.found(host.ExecutionQuery{Where: []host.FieldValue{where("user.email=A@x")}}), []string{rerun.ExecutionID, first.ExecutionID})
	b.equal("a, dead", len(must(b.DeadLetters(b.ctx, host.ExecutionQuery{Where: []host.FieldValue{where("user.email=a@x")}}))), 0)
	b.equal("event of a", b.events(host.EventQuery{Where: []host.FieldValue{where("user.email=a@x")}}), []string{first.EventID})
	b.equal("b", b.found(host.ExecutionQuery{Where: []host.FieldValue{where("user.email=b@x")}}), []string{other.ExecutionID})
	b.equal("decision", b.found(host.ExecutionQuery{Where: []host.FieldValue{where("user.email=c@x")}}), []string{})
	d.Event.ID, d.Execution.ID = host.EventPrefix+"decided", host.ExecutionPrefix+"decided"
	d.Event.Body, d.Results, d.Tapes = []byte(`{"user":{"email":"c@x"}}`), nil, nil
	done := make(chan error, 1)
	b.ok(b.Decided(b.ctx, &d, func(err error) { done <- err }))
	b.ok(<-done)
	b.equal("decision", b.found(host.ExecutionQuery{Where: []host.FieldValue{where("user.email=c@x")}}), []string{d.Execution.ID})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func indexedLater(b *bench) {
	b.bound("one")
	want := []string{}
	for i := range 700 {
		a := b.having(fmt.Sprint("user", i), plain(fmt.Sprintf(`"email":"a@x","n":%d`, i%7)))
		want = append(want, a.ExecutionID)
	}
	rerun, err := b.RerunExecution(b.ctx, want[100], host.RerunOptions{})
	b.ok(err)
	want = append(want, rerun.ExecutionID)
	b.searchable("user.email", "user.n")
	want = append(want, b.having("late", plain(`"email":"a@x","n":9`)).ExecutionID)
	slices.Reverse(want)
	email := []host.FieldValue{where("user.email=a@x")}
	b.equal("at once", b.found(host.ExecutionQuery{Where: email}), want[:1])
	fields, err := b.SearchableFields(b.ctx)
	b.ok(err)
	b.equal("fields", fields, []host.SearchableField{{Field: "user.email"}, {Field: "user.n"}})
	b.reopen(nil)
	reported := 0
	b.ok(b.IndexFields(b.ctx, func([]host.SearchableField) { reported++ }))
	if reported < 2 {
		b.Errorf("progress was reported %d times, want more than once", reported)
	}
	all := []string{}
	for q := (host.ExecutionQuery{Where: email, Limit: 500}); len(all) < len(want); {
		page := b.found(q)
		if len(page) == 0 {
			break
		}
		all = append(all, page...)
		q.Before = page[len(page)-1]
	}
	b.equal("afterwards", all, want)
	b.equal("the other field", len(b.found(host.ExecutionQuery{Where: []host.FieldValue{where("user.n=3")}, Limit: 500})), 100)
}

func fieldDropped(b *bench) {
	b.searchable("user.email", "user.n")
	a := b.having("a", plain(`"email":"a@x","n":1`))
	b.searchable("user.n")
	_, err := b.Executions(b.ctx, host.ExecutionQuery{Where: []host.FieldValue{where("user.email=a@x")}})
	b.code(err, host.Invalid)
	b.equal("the one that stays", b.found(host.ExecutionQuery{Where: []host.FieldValue{where("user.n=1")}}), []string{a.ExecutionID})
	b.searchable("user.n", "user.email")
	b.equal("before it is indexed again", b.found(host.ExecutionQuery{Where: []host.FieldValue{where("user.email=a@x")}}), []string{})
	b.index()
	b.equal("again", b.found(host.ExecutionQuery{Where: []host.FieldValue{where("user.email=a@x")}}), []string{a.ExecutionID})
	b.searchable()
	b.index()
	fields, err := b.SearchableFields(b.ctx)
	b.ok(err)
	b.equal("fields", len(fields), 0)
}

func fieldsCombine(b *bench) {
	random := rand.New(rand.NewPCG(3, 4))
	b.searchable("n", "mail")
	w := newWorld(b, random)
	bodies := map[string]string{}
	for _, x := range w.all {
		e, err := b.Event(b.ctx, x.EventID)
		b.ok(err)
		bodies[x.ID] = string(e.Body)
	}
	hits := 0
	for range 150 {
		q := w.query(random)
		needle := fmt.Sprint(random.IntN(3))
		fits := func(x host.Execution) bool { return strings.Contains(bodies[x.ID], `"n":`+needle) }
		q.Where = []host.FieldValue{where("n=" + needle)}
		if random.IntN(2) == 0 {
			q.Where = append(q.Where, where("mail=mail1*"))
			of := fits
			fits = func(x host.Execution) bool { return of(x) && strings.Contains(bodies[x.ID], `"mail1`) }
		}
		want := []string{}
		for _, x := range w.all {
			if fits(x) && w.selects(q, x) {
				want = append(want, x.ID)
			}
		}
		hits += len(want)
		b.equal(fmt.Sprintf("with %+v", q), w.pages(b, q, b.Executions), want)
	}
	if hits < 100 {
		b.Errorf("the queries found %d executions, too few for the test", hits)
	}
}

func eventsListed(b *bench) {
	var made []string
	for i := range 30 {
		made = append(made, b.having(fmt.Sprint("user", i%3), plain(`"n":1`)).EventID)
	}
	slices.Reverse(made)
	b.equal("all", b.events(host.EventQuery{}), made)
	b.equal("a page", b.events(host.EventQuery{Limit: 4, Before: made[5]}), made[6:10])
	b.equal("of a user", b.events(host.EventQuery{UserID: "user2"})[0], made[0])
	b.equal("of a user", len(b.events(host.EventQuery{UserID: "user2"})), 10)
	b.equal("of another trigger", b.events(host.EventQuery{Trigger: host.PreUserRegistration}), []string{})
	b.equal("later", b.events(host.EventQuery{Since: later()}), []string{})
	b.equal("until later", b.events(host.EventQuery{Until: later(), Since: time.Now().Add(-time.Hour)}), made)
	_, err := b.Events(b.ctx, host.EventQuery{Before: "evt_none"})
	b.code(err, host.NotFound)
	b.expire(30)
	b.equal("when they are deleted", b.events(host.EventQuery{}), []string{})
}

// manyResults records seven results of two users, two minutes apart for each execution.
func manyResults(b *bench, began time.Time) (actions []host.Action, executions []string) {
	b.searchable("user.email")
	actions = b.bound("one", "two")
	for i, user := range []string{"ada", "bob", "ada"} {
		a := b.having(user, plain(fmt.Sprintf(`"email":"%s%d@x"`, user, i)))
		executions = append(executions, a.ExecutionID)
		x := b.claimOne()
		o := outcome(x, host.StatusRunning, host.StepSucceeded, host.StepPending)
		o.Result.EndedAt = began.Add(time.Duration(2*i) * time.Minute)
		o.Result.Logs = []host.Log{{Level: []string{"debug", "warn", "info"}[i], Message: "line"}}
		b.ok(b.record(o))
		x.Progress[0] = host.StepSucceeded
		o = outcome(x, host.StatusFailed, host.StepSucceeded, host.StepDead)
		o.Result.EndedAt = began.Add(time.Duration(2*i+1) * time.Minute)
		o.Result.Succeeded, o.Result.Error, o.Result.Logs = false, &host.ResultError{Message: "no"}, nil
		b.ok(b.record(o))
	}
	rerun, err := b.RerunExecution(b.ctx, executions[0], host.RerunOptions{})
	b.ok(err)
	x := b.claimOne()
	o := outcome(x, host.StatusRunning, host.StepSucceeded, host.StepPending)
	o.Result.EndedAt = began.Add(6 * time.Minute)
	b.ok(b.record(o))
	return actions, append(executions, rerun.ExecutionID)
}

func resultsFound(b *bench) {
	began := time.Now()
	actions, executions := manyResults(b, began)
	at := func(minutes int) time.Time { return began.Add(time.Duration(minutes) * time.Minute) }
	for _, tt := range []struct {
		name string
		q    host.ResultQuery
		want []int64
	}{
		{"all", host.ResultQuery{}, []int64{1, 2, 3, 4, 5, 6, 7}},
		{"a page", host.ResultQuery{After: 2, Limit: 3}, []int64{3, 4, 5}},
		{"of an action", host.ResultQuery{ActionID: actions[1].ID}, []int64{2, 4, 6}},
		{"of an execution", host.ResultQuery{ExecutionID: executions[1]}, []int64{3, 4}},
		{"of a rerun", host.ResultQuery{ExecutionID: executions[3]}, []int64{7}},
		{"of a user", host.ResultQuery{UserID: "ada"}, []int64{1, 2, 5, 6, 7}},
		{"of an e-mail address", host.ResultQuery{Where: []host.FieldValue{where("user.email=ADA0@x")}}, []int64{1, 2, 7}},
		{"of a prefix", host.ResultQuery{Where: []host.FieldValue{where("user.email=ada*")}}, []int64{1, 2, 5, 6, 7}},
		{"of a trigger", host.ResultQuery{Trigger: trigger, After: 5}, []int64{6, 7}},
		{"of another trigger", host.ResultQuery{Trigger: host.PreUserRegistration}, []int64{}},
		{"failed", host.ResultQuery{Failed: true}, []int64{2, 4, 6}},
		{"from debug on", host.ResultQuery{Level: "debug", UserID: "ada"}, []int64{1, 2, 5, 6, 7}},
		{"from warn on", host.ResultQuery{Level: "warn"}, []int64{2, 3, 4, 6}},
		{"since", host.ResultQuery{Since: at(2)}, []int64{3, 4, 5, 6, 7}},
		{"until", host.ResultQuery{Until: at(2)}, []int64{1, 2}},
		{"between", host.ResultQuery{Since: at(1), Until: at(4).Add(time.Nanosecond), Failed: true}, []int64{2, 4}},
		{"in the future", host.ResultQuery{Since: at(100)}, []int64{}},
		{"all at once", host.ResultQuery{UserID: "ada", ActionID: actions[1].ID, Failed: true, Since: at(3), Level: "error"}, []int64{6}},
	} {
		found, err := b.RecordedResults(b.ctx, tt.q)
		b.ok(err)
		got := []int64{}
		for _, r := range found {
			got = append(got, r.Seq)
		}
		b.equal(tt.name, got, tt.want)
		if tt.q.Limit > 0 {
			continue
		}
		for n := range 9 {
			want := int64(7)
			if n > 0 && len(tt.want) > 0 {
				want = tt.want[max(len(tt.want)-n, 0)] - 1
			} else if n > 0 {
				want = tt.q.After
			}
			after, err := b.ResultsBack(b.ctx, tt.q, n)
			b.ok(err)
			b.equal(fmt.Sprintf("%s, the last %d", tt.name, n), after, want)
		}
	}
	_, err := b.RecordedResults(b.ctx, host.ResultQuery{ExecutionID: "exe_none"})
	b.code(err, host.NotFound)
	_, err = b.ResultsBack(b.ctx, host.ResultQuery{Where: []host.FieldValue{where("user.plan=x")}}, 1)
	b.code(err, host.Invalid)
}
