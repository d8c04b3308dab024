package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/usherhost/usher/host"
)

var searchPromises = []promise{
	{"executions are found by words of an error, in any attempt", foundByWords},
	{"any text is searched for literally", foundByAnyText},
	{"a search without a word, or with too many, is refused", textRefused},
	{"executions are found by when they were accepted", foundByTime},
	{"filters combine, and find what looking at each would find", filtersCombine},
	{"pages neither repeat nor miss one while others are accepted", pagesWhileAccepting},
}

// failed records that the next step of x failed with this message, and gives x
// back.
func (b *bench) failed(x host.Execution, status host.Status, err host.ResultError, steps ...host.StepState) {
	b.Helper()
	o := outcome(x, status, steps...)
	o.Result.Succeeded, o.Result.Fault, o.Result.Error = false, host.FaultGuest, &err
	if !status.Final() {
		o.NextAt = time.Now().Add(-time.Second)
	}
	b.ok(b.record(o))
}

func (b *bench) found(q host.ExecutionQuery) []string {
	b.Helper()
	executions, err := b.Executions(b.ctx, q)
	b.ok(err)
	return ids(executions)
}

func foundByWords(b *bench) {
	b.bound("one")
	var all []string
	for _, err := range []host.ResultError{
		{Name: "TypeError", Message: "Cannot read properties of undefined (reading 'id')"},
		{Code: "ECONNREFUSED", Message: "connect to hooks.slack.com: refused"},
		{Message: "naïve CAFÉ 数据库"},
	} {
		all = append(all, b.accept(event(err.Message)).ExecutionID)
		b.failed(b.claimOne(), host.StatusFailed, err, host.StepDead)
	}
	twice := b.accept(event("twice")).ExecutionID
	b.failed(b.claimOne(), host.StatusRetrying, host.ResultError{Message: "first timeout"}, host.StepPending)
	b.failed(b.claimOne(), host.StatusFailed, host.ResultError{Message: "then refused, timeout"}, host.StepDead)
	b.accept(event("fine"))
	b.ok(b.record(outcome(b.claimOne(), host.StatusCompleted, host.StepSucceeded)))
	b.reopen(nil)
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"typeerror", []string{all[0]}},
		{"reading id", []string{all[0]}},
		{"undefined refused", []string{}},
		{"econnrefused", []string{all[1]}},
		{"hooks.slack.com", []string{all[1]}},
		{"slack.hooks", []string{}},
		{"naive café", []string{all[2]}},
		{"数据库", []string{all[2]}},
		{"refused", []string{twice, all[1]}},
		{"timeout", []string{twice}},
		{"first", []string{twice}},
		{"first then", []string{}},
		{"refus", []string{}},
		{"refus*", []string{twice, all[1]}},
		{" \n", []string{b.found(host.ExecutionQuery{Limit: 1})[0], twice, all[2], all[1], all[0]}},
	} {
		b.equal("with text "+tt.text, b.found(host.ExecutionQuery{Text: tt.text}), tt.want)
	}
	b.equal("before", b.found(host.ExecutionQuery{Text: "refused", Before: twice}), []string{all[1]})
	b.equal("page of one", b.found(host.ExecutionQuery{Text: "timeout", Limit: 1}), []string{twice})
}

func foundByAnyText(b *bench) {
	b.bound("one")
	for _, text := range []string{
		`"`, `""`, `a"b`, `a OR b`, `NOT a`, `a AND`, `NEAR(a b)`, `message:a`, `-a`, `^a`, `a*`, `*a`, `(a`, `{a}`, `a + b`,
		"a\x00b", "a\xff", `a\`, `'; DROP TABLE failure --a`, "a ❤", "𝒜 a", strings.Repeat("a", 10000),
	} {
		x := b.accept(event(fmt.Sprintf("user %q", text)))
		b.failed(b.claimOne(), host.StatusFailed, host.ResultError{Message: text}, host.StepDead)
		got, err := b.Executions(b.ctx, host.ExecutionQuery{Text: text})
		if !strings.ContainsAny(text, "ab") {
			b.code(err, host.Invalid)
			continue
		}
		b.ok(err)
		if len(text) < 4096 && !slices.Contains(ids(got), x.ExecutionID) {
			b.Errorf("with text %q: %v, want the one that failed so", text, ids(got))
		}
	}
	b.equal("with a word that none has", b.found(host.ExecutionQuery{Text: "nothing OR a"}), []string{})
}

func textRefused(b *bench) {
	for _, text := range []string{"!!!", "*", `"" -`, strings.Repeat("word ", 33)} {
		_, err := b.Executions(b.ctx, host.ExecutionQuery{Text: text})
		b.code(err, host.Invalid)
		_, err = b.DeadLetters(b.ctx, host.ExecutionQuery{Text: text})
		b.code(err, host.Invalid)
	}
}

func foundByTime(b *bench) {
	var all []host.Execution
	for i := range 20 {
		all = append(all, b.execution(b.accept(event(fmt.Sprint("user", i))).ExecutionID))
	}
	slices.Reverse(all)
	for _, at := range all {
		for _, t := range []time.Time{at.CreatedAt, at.CreatedAt.Add(time.Nanosecond), at.CreatedAt.Add(-time.Nanosecond)} {
			for _, q := range []host.ExecutionQuery{{Since: t}, {Until: t}, {Since: all[15].CreatedAt, Until: t}} {
				b.equal(fmt.Sprintf("%+v", q), b.found(q), ids(slices.DeleteFunc(slices.Clone(all), func(x host.Execution) bool {
					return !timely(x, q)
				})))
			}
		}
	}
	b.equal("in the future", b.found(host.ExecutionQuery{Since: time.Now().Add(time.Hour)}), []string{})
	b.equal("long ago", b.found(host.ExecutionQuery{Until: time.Now().Add(-time.Hour)}), []string{})
	b.equal("since the end", b.found(host.ExecutionQuery{Since: all[0].CreatedAt, Until: all[9].CreatedAt}), []string{})
}

func timely(x host.Execution, q host.ExecutionQuery) bool {
	return (q.Since.IsZero() || !x.CreatedAt.Before(q.Since)) && (q.Until.IsZero() || x.CreatedAt.Before(q.Until))
}

// world is executions of all kinds, and what each failed with.
type world struct {
	all     []host.Execution // newest first
	errors  map[string][]string
	actions []host.Action
	users   []string
}

var failures = []string{"timeout after 5s", "refused by peer", "peer timeout"}

// newWorld makes executions of several users with changing plans.
func newWorld(b *bench, random *rand.Rand) *world {
	w := &world{errors: map[string][]string{}, actions: b.bound("one", "two", "three")}
	for i := range 4 {
		w.users = append(w.users, fmt.Sprint("user", i))
	}
	var made []string
	for i := range 120 {
		switch {
		case i%10 == 9:
			w.changePlan(b, random, i)
		case random.IntN(5) == 0 && len(made) > 0:
			rerun, err := b.RerunExecution(b.ctx, made[random.IntN(len(made))], host.RerunOptions{SameVersions: random.IntN(2) == 0})
			b.ok(err)
			made = append(made, rerun.ExecutionID)
		default:
			made = append(made, b.accept(keyed(w.users[random.IntN(len(w.users))], fmt.Sprint(i), fmt.Sprintf(`{"n":%d,"mail":"mail%d"}`, i%3, i%20))).ExecutionID)
		}
		if i == 60 {
			b.reopen(nil)
		}
		if random.IntN(4) > 0 {
			w.run(b, random)
		}
	}
	slices.Reverse(made)
	for _, id := range made {
		w.all = append(w.all, b.execution(id))
	}
	return w
}

func (w *world) changePlan(b *bench, random *rand.Rand, i int) {
	b.deploy(w.actions[random.IntN(len(w.actions))].ID, fmt.Sprint("module ", i))
	bound := slices.Clone(w.actions)
	random.Shuffle(len(bound), func(i, j int) { bound[i], bound[j] = bound[j], bound[i] })
	b.bind(bound[:random.IntN(len(bound)+1)]...)
}

// run brings what is due a step further.
func (w *world) run(b *bench, random *rand.Rand) {
	for _, x := range b.claim(1) {
		step, _ := x.Next()
		steps := slices.Clone(x.Progress)
		status := []host.Status{host.StatusRetrying, host.StatusPartial, host.StatusFailed, host.StatusCompleted}[random.IntN(4)]
		if status == host.StatusCompleted {
			steps[step] = host.StepSucceeded
			b.ok(b.record(outcome(x, status, steps...)))
			continue
		}
		if status.Final() {
			steps[step] = host.StepDead
		}
		text := failures[random.IntN(len(failures))]
		w.errors[x.ID] = append(w.errors[x.ID], text)
		b.failed(x, status, host.ResultError{Message: text}, steps...)
		if status == host.StatusRetrying && random.IntN(3) == 0 {
			_, err := b.CancelExecution(b.ctx, x.ID)
			b.ok(err)
		}
	}
}

// selects reports whether Executions must find x.
func (w *world) selects(q host.ExecutionQuery, x host.Execution) bool {
	matches := q.Text == ""
	for _, text := range w.errors[x.ID] {
		matches = matches || !slices.ContainsFunc(strings.Fields(q.Text), func(word string) bool {
			return !slices.Contains(strings.Fields(text), word)
		})
	}
	return matches && timely(x, q) &&
		(q.Status == "" || x.Status == q.Status) &&
		(q.UserID == "" || x.UserID == q.UserID) &&
		(q.EventID == "" || x.EventID == q.EventID) &&
		(q.ActionID == "" || slices.ContainsFunc(x.Plan, func(s host.Step) bool { return s.ActionID == q.ActionID })) &&
		(q.VersionID == "" || slices.ContainsFunc(x.Plan, func(s host.Step) bool { return s.VersionID == q.VersionID }))
}

// query draws a query that one execution or another fits.
func (w *world) query(random *rand.Rand) (q host.ExecutionQuery) {
	often := func() bool { return random.IntN(3) == 0 }
	like := func() host.Execution { return w.all[random.IntN(len(w.all))] }
	if often() {
		q.Status = like().Status
	}
	if often() {
		q.UserID = like().UserID
	}
	if random.IntN(10) == 0 {
		q.EventID = like().EventID
	}
	if x := like(); often() && len(x.Plan) > 0 {
		q.ActionID = x.Plan[0].ActionID
	}
	if x := like(); often() && len(x.Plan) > 0 {
		q.VersionID = x.Plan[len(x.Plan)-1].VersionID
	}
	if often() {
		q.Text = []string{"timeout", "peer", "refused by", "after peer"}[random.IntN(4)]
	}
	if often() {
		q.Since = like().CreatedAt
	}
	if often() {
		q.Until = like().CreatedAt
	}
	q.Limit = 1 + random.IntN(20)
	return q
}

// died reports whether a step of x is dead: that of the query's action and of its
// version, when it names them.
func died(x host.Execution, q host.ExecutionQuery) bool {
	dead := func(fits func(host.Step) bool) bool {
		for i, s := range x.Plan {
			if x.Progress[i] == host.StepDead && fits(s) {
				return true
			}
		}
		return false
	}
	return dead(func(s host.Step) bool { return q.ActionID == "" || s.ActionID == q.ActionID }) &&
		dead(func(s host.Step) bool { return q.VersionID == "" || s.VersionID == q.VersionID })
}

func filtersCombine(b *bench) {
	random := rand.New(rand.NewPCG(1, 2))
	w := newWorld(b, random)
	hits := 0
	for range 150 {
		q := w.query(random)
		want, dead := []string{}, []string{}
		for _, x := range w.all {
			if !w.selects(q, x) {
				continue
			}
			want = append(want, x.ID)
			if died(x, q) && (x.Status != host.StatusCanceled || q.Status == host.StatusCanceled) {
				dead = append(dead, x.ID)
			}
		}
		hits += len(want)
		b.equal(fmt.Sprintf("with %+v", q), w.pages(b, q, b.Executions), want)
		b.equal(fmt.Sprintf("dead letters with %+v", q), w.pages(b, q, b.DeadLetters), dead)
	}
	if hits < 300 {
		b.Errorf("the queries found %d executions, too few for the test", hits)
	}
}

// pages returns the ids of all pages.
func (w *world) pages(b *bench, q host.ExecutionQuery, list lister) []string {
	b.Helper()
	all := []string{}
	for {
		page, err := list(b.ctx, q)
		b.ok(err)
		if len(page) > q.Limit {
			b.Fatalf("a page has %d executions, want %d at most", len(page), q.Limit)
		}
		if len(page) == 0 {
			return all
		}
		all = append(all, ids(page)...)
		q.Before = all[len(all)-1]
	}
}

func pagesWhileAccepting(b *bench) {
	var want []string
	for i := range 60 {
		want = append(want, b.accept(event(fmt.Sprint("user", i))).ExecutionID)
	}
	slices.Reverse(want)
	newest := b.accept(event("newest")).ExecutionID
	stop := make(chan struct{})
	var others sync.WaitGroup
	for p := range 4 {
		others.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := b.Accept(b.ctx, []host.NewEvent{event(fmt.Sprint("other", p, "/", i))}); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	for _, q := range []host.ExecutionQuery{{}, {Status: host.StatusCompleted}, {Until: time.Now().Add(time.Hour)}} {
		q.Limit, q.Before = 7, newest
		b.equal("pages", (&world{}).pages(b, q, b.Executions), want)
	}
	close(stop)
	others.Wait()
}
