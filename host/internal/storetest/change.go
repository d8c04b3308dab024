package storetest

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/usherhost/usher/host"
)

var changePromises = []promise{
	{"a change is kept whole, after a reopen too", changeKept},
	{"changes come newest first, by pages", changesByPage},
	{"changes are filtered by object and actor", changesFiltered},
}

func changeKept(b *bench) {
	want := host.Change{
		At: time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC), Actor: host.Actor{Kind: "key", ID: "key_1", Name: "ci"},
		Verb: "action.create", Object: "act_1", Name: "one",
		Before: json.RawMessage(`{"a": 1}`), After: json.RawMessage(`[]`),
	}
	b.ok(b.RecordChange(b.ctx, want))
	b.ok(b.RecordChange(b.ctx, host.Change{Verb: "action.delete"}))
	b.reopen(nil)
	got, err := b.Changes(b.ctx, host.ChangeQuery{})
	b.ok(err)
	b.equal("changes", len(got), 2)
	if got[0].Seq <= got[1].Seq || time.Since(got[0].At) > time.Minute || got[0].Before != nil {
		b.Errorf("the second change is %+v, want a later one, of now", got[0])
	}
	want.Seq = got[1].Seq
	b.equal("change", got[1], want)
}

func changesByPage(b *bench) {
	for i := range 7 {
		b.ok(b.RecordChange(b.ctx, host.Change{Verb: "v", Object: "o", Name: fmt.Sprint(i)}))
	}
	got := ""
	for q := (host.ChangeQuery{Limit: 3, Object: "o"}); ; {
		page, err := b.Changes(b.ctx, q)
		b.ok(err)
		if len(page) == 0 {
			break
		}
		for _, c := range page {
			got += c.Name
		}
		q.Before = page[len(page)-1].Seq
		b.ok(b.RecordChange(b.ctx, host.Change{Verb: "v", Object: "o", Name: "later"}))
	}
	b.equal("changes", got, "6543210")
}

func changesFiltered(b *bench) {
	for _, c := range []struct{ object, actor string }{{"a", "x"}, {"b", "x"}, {"a", "y"}} {
		b.ok(b.RecordChange(b.ctx, host.Change{Verb: "v", Object: c.object, Actor: host.Actor{ID: c.actor}}))
	}
	for _, tt := range []struct {
		q    host.ChangeQuery
		want string
	}{
		{host.ChangeQuery{Object: "a"}, "ay ax "},
		{host.ChangeQuery{Actor: "x"}, "bx ax "},
		{host.ChangeQuery{Object: "b", Actor: "x"}, "bx "},
		{host.ChangeQuery{Object: "b", Actor: "y"}, ""},
	} {
		changes, err := b.Changes(b.ctx, tt.q)
		b.ok(err)
		got := ""
		for _, c := range changes {
			got += c.Object + c.Actor.ID + " "
		}
		b.equal(fmt.Sprintf("with %+v", tt.q), got, tt.want)
	}
}
