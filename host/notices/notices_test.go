package notices_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/notices"
	"github.com/usherhost/usher/host/seal"
	"github.com/usherhost/usher/host/sqlite"
	"github.com/usherhost/usher/host/web"
)

// patience is how long a test waits for what happens beside it, on a slow machine too.
const patience = time.Minute

// world is a real store with a reporter and a sender, and the receivers outside.
type world struct {
	dir      string
	db       *sqlite.DB
	reporter *notices.Reporter
	sender   *notices.Sender
	log      *buffer
	stop     func()

	mu     sync.Mutex // guards those below
	answer func(*host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure)
	sent   []*host.HTTPRequest
}

// buffer is a log that is written and read at the same time.
type buffer struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (l *buffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *buffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{dir: t.TempDir(), log: &buffer{}, answer: status(204)}
	w.open(t)
	t.Cleanup(func() { w.close(t) })
	return w
}

// open opens the store; start lets the rest run.
func (w *world) open(t *testing.T) {
	t.Helper()
	var err error
	if w.db, err = sqlite.Open(t.Context(), w.dir, sqlite.Options{}); err != nil {
		t.Fatal(err)
	}
	box, err := seal.Open(t.Context(), seal.Options{CreateFile: filepath.Join(w.dir, "secrets.key")}, w.db)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(w.log, nil))
	w.reporter = &notices.Reporter{Store: w.db, Noticed: w.db.Noticed(), Shown: web.WordNotice, Log: log}
	w.sender = &notices.Sender{
		Store: w.db, Box: box, Send: w.send, CheckOrigin: func(string) error { return nil }, Hint: web.Hint, Notifier: w.reporter, Log: log,
	}
	w.reporter.Deliver = w.sender.Wake
	w.stop = func() {}
}

func (w *world) start(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var running sync.WaitGroup
	running.Go(func() { _ = w.reporter.Run(ctx) })
	running.Go(func() { _ = w.sender.Run(ctx) })
	w.stop = func() { cancel(); running.Wait(); w.stop = func() {} }
}

func (w *world) close(t *testing.T) {
	t.Helper()
	w.stop()
	if err := w.db.Close(); err != nil {
		t.Error(err)
	}
}

func (w *world) send(_ context.Context, r *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure) {
	w.mu.Lock()
	answer := w.answer
	w.sent = append(w.sent, r)
	w.mu.Unlock()
	return answer(r)
}

func (w *world) answers(answer func(*host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer = answer
}

// requests returns what was sent so far.
func (w *world) requests() []*host.HTTPRequest {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]*host.HTTPRequest(nil), w.sent...)
}

func status(code int) func(*host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure) {
	return func(*host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure) {
		return &host.HTTPResponse{Status: code}, nil
	}
}

func (w *world) webhook(t *testing.T, name string, kinds ...host.NoticeKind) host.WebhookCreated {
	t.Helper()
	made, err := w.sender.CreateWebhook(t.Context(), name, "https://"+name+".example.com/x?token=hunter2", kinds)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// until waits for a condition.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

// deliveries returns those of a webhook, newest first.
func (w *world) deliveries(t *testing.T, webhook string) []host.Delivery {
	t.Helper()
	list, err := w.sender.Deliveries(t.Context(), host.DeliveryQuery{WebhookID: webhook, Limit: 500})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func dead(action string) host.Notice {
	return host.Notice{
		Kind: host.NoticeDeadLetter, Trigger: host.PostUserRegistration, ActionID: "act_" + action, Action: action, Number: 3, ExecutionID: "exe_1", Attempt: 10,
		Fault: host.FaultGuest, Error: &host.ResultError{Name: "Error", Message: "Slack answered 403\nand more", Fix: host.FixSetSecret.With(action, "TOKEN")},
		Summary: "it failed", Hint: "when the cause is fixed", Fix: host.FixRetryExecution.With("exe_1"),
	}
}

func TestANoticeIsALineWithWhatToDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start(t)
	w.reporter.Notify(dead("notify"))
	until(t, "a line", func() bool { return strings.Contains(w.log.String(), "level=WARN") })
	line := w.log.String()
	for _, part := range []string{
		`msg="an action failed in its last attempt: the step is a dead letter"`, "notice=ntc_", "action=notify", "version=3", "trigger=post-user-registration",
		"execution=exe_1", "attempt=10", "fault=guest", `error="Error: Slack answered 403"`,
		`hint="set the secret: usher secrets set notify TOKEN; then when the cause is fixed; run the execution again: usher executions retry exe_1"`,
	} {
		if !strings.Contains(line, part) {
			t.Errorf("the line lacks %s: %s", part, line)
		}
	}
	if strings.Contains(line, "left_out") {
		t.Errorf("the line leaves nothing out: %s", line)
	}
}

func TestAFloodIsCountedAndNotLogged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start(t)
	const flood = 100_000
	var many sync.WaitGroup
	for range 10 {
		many.Go(func() {
			for range flood / 10 {
				w.reporter.Notify(dead("notify"))
			}
		})
	}
	many.Wait()
	counted := func() int64 {
		list, err := w.db.Notices(t.Context(), host.NoticeQuery{})
		if err != nil {
			t.Fatal(err)
		}
		if len(list) > 3 { // the first, that of the minute, and that of the next one on a slow machine
			t.Fatalf("%d notices", len(list))
		}
		var n int64
		for _, one := range list {
			n += one.Count
		}
		return n
	}
	until(t, "all are counted", func() bool { return counted() == flood })
	if lines := strings.Count(w.log.String(), "\n"); lines > 3 {
		t.Errorf("%d lines:\n%s", lines, w.log.String())
	}
}

func TestALineStatesHowManyItLeavesOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := dead("notify")
	n.Count = 4312 // the first of its topic is complete at once, whatever it counts
	if err := w.db.RecordNotices(t.Context(), []host.Notice{n}); err != nil {
		t.Fatal(err)
	}
	w.start(t)
	until(t, "left out", func() bool { return strings.Contains(w.log.String(), "left_out=4311") })
}

func TestTooManyTopicsAreDroppedAndNotHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 1_500 { // it does not run
		w.reporter.Notify(dead(fmt.Sprint("a", i)))
	}
	w.start(t)
	stored := func() int {
		list, err := w.db.Notices(t.Context(), host.NoticeQuery{Limit: 500, Before: "ntc_z"})
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	until(t, "some are stored", func() bool { return stored() == 500 })
	until(t, "a line for each topic that was held", func() bool { return strings.Count(w.log.String(), "level=WARN") == 1_000 })
}

func TestNoticesThatCanNotBeStoredAreStillLogged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.reporter.Store = broken{w.db}
	w.start(t)
	w.reporter.Notify(dead("notify"))
	until(t, "the line", func() bool { return strings.Contains(w.log.String(), "action=notify") })
	if !strings.Contains(w.log.String(), "level=ERROR") {
		t.Error("that they could not be stored is not logged")
	}
}

// broken is a store whose disk fails.
type broken struct{ *sqlite.DB }

func (broken) RecordNotices(context.Context, []host.Notice) error {
	return &host.Error{Code: host.Unavailable, Text: "the disk is full"}
}
