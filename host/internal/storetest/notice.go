package storetest

import (
	"fmt"
	"time"

	"github.com/usherhost/usher/host"
)

var noticePromises = []promise{
	{"a notice that comes with an outcome is stored with it, also over a restart", noticeComesWithOutcome},
	{"an outcome that is refused leaves no notice", noticeOfRefusedOutcome},
	{"notices about the same are counted: the first is complete at once, the rest after a minute", noticesAreCounted},
	{"notices are listed newest first, page by page, by kind, action and time", noticesAreListed},
	{"the oldest notices go first when there are too many", noticesAreBounded},
	{"a notice is reported once, with its deliveries", noticeIsReported},
}

func notice(kind host.NoticeKind, action string) host.Notice {
	return host.Notice{Kind: kind, ActionID: action, Action: action, Summary: "of " + action, Error: &host.ResultError{Message: "no"}}
}

func (b *bench) noticed(q host.NoticeQuery) []host.Notice {
	b.Helper()
	found, err := b.Notices(b.ctx, q)
	b.ok(err)
	return found
}

func (b *bench) complete() []host.Notice {
	b.Helper()
	found, err := b.CompleteNotices(b.ctx, 100)
	b.ok(err)
	return found
}

func noticeComesWithOutcome(b *bench) {
	b.bound("one")
	b.accept(event("a"))
	o := outcome(b.claimOne(), host.StatusPartial, host.StepDead)
	o.Notices = []host.Notice{notice(host.NoticeDeadLetter, "one")}
	b.ok(b.record(o))
	b.reopen(nil)
	found := b.noticed(host.NoticeQuery{})
	b.equal("notices", len(found), 1)
	n := found[0]
	b.equal("count", n.Count, int64(1))
	b.equal("its times are set", !n.At.IsZero() && n.LastAt.Equal(n.At), true)
	again, err := b.Notice(b.ctx, n.ID)
	b.ok(err)
	b.equal("by its id", again, n)
	want := notice(host.NoticeDeadLetter, "one")
	want.ID, want.At, want.LastAt, want.Count = n.ID, n.At, n.LastAt, 1
	b.equal("the notice", n, want)
	_, err = b.Notice(b.ctx, "ntc_nope")
	b.equal("code of another", host.CodeOf(err), host.NotFound)
}

func noticeOfRefusedOutcome(b *bench) {
	b.bound("one")
	b.accept(event("a"))
	o := outcome(b.claimOne(), host.StatusPartial, host.StepDead)
	o.Epoch, o.Notices = o.Epoch+1, []host.Notice{notice(host.NoticeDeadLetter, "one")}
	b.equal("code", host.CodeOf(b.record(o)), host.Fenced)
	b.equal("notices", len(b.noticed(host.NoticeQuery{})), 0)
}

func noticesAreCounted(b *bench) {
	for range 4 {
		b.ok(b.RecordNotices(b.ctx, []host.Notice{notice(host.NoticeDeadLetter, "one"), notice(host.NoticeDeadLetter, "two")}))
	}
	five := notice(host.NoticeDeadLetter, "one")
	five.Count = 5
	b.ok(b.RecordNotices(b.ctx, []host.Notice{five}))
	b.equal("complete", len(b.complete()), 2)
	var counts []int64
	for _, n := range b.noticed(host.NoticeQuery{ActionID: "one"}) {
		counts = append(counts, n.Count)
	}
	b.equal("counts, newest first", counts, []int64{8, 1})
	for _, n := range b.complete() {
		b.ok(b.ReportNotices(b.ctx, []string{n.ID}, nil))
	}
	next, some, err := b.NextNotice(b.ctx)
	b.ok(err)
	wait := time.Until(next)
	b.equal("the next is complete within a minute", some && wait > 0 && wait <= time.Minute, true)
	b.equal("complete now", len(b.complete()), 0)
}

func noticesAreListed(b *bench) {
	for i := range 3 {
		b.ok(b.RecordNotices(b.ctx, []host.Notice{notice(host.NoticeDeadLetter, fmt.Sprint("act", i)), notice(host.NoticeBreakerOpened, fmt.Sprint("act", i))}))
	}
	all := b.noticed(host.NoticeQuery{})
	b.equal("all", len(all), 6)
	for i := 1; i < len(all); i++ {
		b.equal("newest first", all[i-1].ID > all[i].ID, true)
	}
	b.equal("a page", b.noticed(host.NoticeQuery{Before: all[1].ID, Limit: 2}), all[2:4])
	b.equal("of a kind", len(b.noticed(host.NoticeQuery{Kind: host.NoticeBreakerOpened})), 3)
	b.equal("of an action", len(b.noticed(host.NoticeQuery{ActionID: "act1"})), 2)
	b.equal("since", len(b.noticed(host.NoticeQuery{Since: time.Now().Add(-time.Hour)})), 6)
	b.equal("since later", len(b.noticed(host.NoticeQuery{Since: time.Now().Add(time.Hour)})), 0)
}

func noticesAreBounded(b *bench) {
	for from := 0; from < 10_050; from += 2010 {
		var some []host.Notice
		for i := range 2010 {
			some = append(some, notice(host.NoticeDeadLetter, fmt.Sprint(from+i)))
		}
		b.ok(b.RecordNotices(b.ctx, some))
	}
	b.equal("the oldest", len(b.noticed(host.NoticeQuery{ActionID: "0"})), 0)
	b.equal("the newest", len(b.noticed(host.NoticeQuery{ActionID: "10049"})), 1)
	stored := 0
	for before := ""; ; {
		page := b.noticed(host.NoticeQuery{Before: before, Limit: 500})
		if stored += len(page); len(page) < 500 {
			break
		}
		before = page[len(page)-1].ID
	}
	b.equal("stored", stored, 10_000)
}

func noticeIsReported(b *bench) {
	w := b.webhook("a")
	b.ok(b.RecordNotices(b.ctx, []host.Notice{notice(host.NoticeDeadLetter, "one")}))
	n := b.complete()[0]
	b.ok(b.ReportNotices(b.ctx, []string{n.ID}, []host.Delivery{deliveryOf(w, 1), deliveryOf(host.Webhook{ID: "whk_gone"}, 2)}))
	b.reopen(nil)
	b.equal("complete", len(b.complete()), 0)
	_, some, err := b.NextNotice(b.ctx)
	b.ok(err)
	b.equal("there is a next one", some, false)
	found, err := b.Deliveries(b.ctx, host.DeliveryQuery{})
	b.ok(err)
	b.equal("deliveries, of the webhook that is there", len(found), 1)
}
