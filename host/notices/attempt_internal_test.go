package notices

import (
	"testing"
	"time"

	"github.com/usherhost/usher/host"
)

var now = time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)

func TestADeliveryIsSentAgainByTheSchedule(t *testing.T) {
	t.Parallel()
	d := host.Delivery{Kind: host.NoticeDeadLetter, Status: host.DeliveryPending}
	at, w := now, host.Webhook{}
	for n, wait := range Waits {
		if err := advance(&d, outcome{status: 503, err: "no"}, at)(&w); err != nil {
			t.Fatal(err)
		}
		if got := d.NextAt.Sub(at); d.Status != host.DeliveryPending || got < wait || got > wait+wait/10 {
			t.Errorf("after attempt %d it is %s and waits %s, want %s", n+1, d.Status, got, wait)
		}
		at = d.NextAt
	}
	if err := advance(&d, outcome{status: 503, err: "no"}, at)(&w); err != nil {
		t.Fatal(err)
	}
	if took := at.Sub(now); d.Status != host.DeliveryFailed || d.EndedAt != at || took < 27*time.Hour || took > 31*time.Hour {
		t.Errorf("after %s it is %+v", took, d)
	}
	if w.FailingSince != now || !w.DisabledAt.IsZero() {
		t.Errorf("the webhook is %+v", w)
	}
}

func TestAnAttemptChangesItsDeliveryAndWebhook(t *testing.T) {
	t.Parallel()
	week := now.Add(-7 * 24 * time.Hour)
	for _, tt := range []struct {
		name          string
		attempts      int
		kind          host.NoticeKind
		since         time.Time
		outcome       outcome
		status        host.DeliveryStatus
		failing, dead bool
		wait          time.Duration // at least
	}{
		{name: "success ends the failure", since: week, outcome: outcome{status: 200}, status: host.DeliveryDelivered},
		{name: "the receiver asks for time", outcome: outcome{status: 429, err: "no", retryAfter: time.Hour}, status: host.DeliveryPending, failing: true, wait: time.Hour},
		{name: "no response", outcome: outcome{err: "no such host"}, status: host.DeliveryPending, failing: true, wait: 5 * time.Second},
		{name: "failing for a week, attempts left", since: week, outcome: outcome{err: "no"}, status: host.DeliveryPending, failing: true, wait: 5 * time.Second},
		{name: "failing for a week, no attempts left", attempts: len(Waits), since: week, outcome: outcome{err: "no"}, status: host.DeliveryFailed, failing: true, dead: true},
		{name: "failing since now, no attempts left", attempts: len(Waits), outcome: outcome{err: "no"}, status: host.DeliveryFailed, failing: true},
		{name: "gone", outcome: outcome{status: 410, err: "no"}, status: host.DeliveryFailed, failing: true, dead: true},
		{name: "a test is made once", kind: host.NoticeWebhookTest, since: week, outcome: outcome{err: "no"}, status: host.DeliveryFailed, failing: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := host.Delivery{Kind: tt.kind, Status: host.DeliveryPending, Attempts: tt.attempts}
			w := host.Webhook{FailingSince: tt.since}
			if err := advance(&d, tt.outcome, now)(&w); err != nil {
				t.Fatal(err)
			}
			if d.Status != tt.status || d.Attempts != tt.attempts+1 || d.ResponseStatus != tt.outcome.status || d.Error != tt.outcome.err {
				t.Errorf("the delivery is %+v", d)
			}
			if !d.NextAt.IsZero() && d.NextAt.Sub(now) < tt.wait || d.NextAt.IsZero() != (tt.wait == 0) {
				t.Errorf("it is due at %s", d.NextAt)
			}
			if !w.FailingSince.IsZero() != tt.failing || !w.DisabledAt.IsZero() != tt.dead || (w.DisabledReason != "") != tt.dead {
				t.Errorf("the webhook is %+v", w)
			}
		})
	}
}

func TestAReplacedSecretSignsForADay(t *testing.T) {
	t.Parallel()
	s := secrets{Current: []byte("new"), Old: []byte("old"), Until: now.Add(oldSecretFor)}
	for at, want := range map[time.Duration]int{0: 2, 23 * time.Hour: 2, 24 * time.Hour: 1} {
		if got := len(s.sign("ntc_1", now.Add(at), nil)); got != want*47+want-1 {
			t.Errorf("after %s the signatures are %q", at, s.sign("ntc_1", now.Add(at), nil))
		}
	}
}
