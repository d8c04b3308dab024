package storetest

import (
	"fmt"
	"time"

	"github.com/usherhost/usher/host"
)

var originPromises = []promise{
	{"the origins of a version add up, and are listed by version and by action", originsAddUp},
	{"origins beyond the most are counted together", reachBounded},
	{"of a version that is not there nothing is kept", reachOfNone},
}

func originsAddUp(b *bench) {
	a := b.action("one")
	first, second := *a.Deployed, b.deploy(a.ID, "second")
	early, late := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), time.Date(2026, 1, 3, 3, 4, 5, 0, time.UTC)
	b.ok(b.RecordOriginUse(b.ctx, first.ID, map[string]int64{"https://a.example": 2, "https://b.example": 1}, late))
	b.ok(b.RecordOriginUse(b.ctx, first.ID, map[string]int64{"https://a.example": 3}, early))
	b.ok(b.RecordOriginUse(b.ctx, second.ID, map[string]int64{"https://c.example": 1}, early))
	b.ok(b.RecordOriginUse(b.ctx, second.ID, nil, early))
	b.reopen(nil)
	ofFirst := []host.OriginUse{
		{VersionID: first.ID, Origin: "https://a.example", Requests: 5, FirstAt: early, LastAt: late},
		{VersionID: first.ID, Origin: "https://b.example", Requests: 1, FirstAt: late, LastAt: late},
	}
	ofSecond := host.OriginUse{VersionID: second.ID, Origin: "https://c.example", Requests: 1, FirstAt: early, LastAt: early}
	got, err := b.OriginUse(b.ctx, first.ID)
	b.ok(err)
	b.equal("reach of the version", got, ofFirst)
	got, err = b.OriginUse(b.ctx, a.ID)
	b.ok(err)
	b.equal("reach of the action", got, append([]host.OriginUse{ofSecond}, ofFirst...))
}

func reachBounded(b *bench) {
	v := b.action("one").Deployed
	origins := map[string]int64{}
	for i := range host.MaxOrigins + 10 {
		origins[fmt.Sprintf("https://host%d.example", i)] = 1
	}
	for range 2 {
		b.ok(b.RecordOriginUse(b.ctx, v.ID, origins, time.Now()))
	}
	got, err := b.OriginUse(b.ctx, v.ID)
	b.ok(err)
	b.equal("origins", len(got), host.MaxOrigins+1)
	b.equal("the first", got[0].Origin, host.OtherOrigins)
	b.equal("its requests", got[0].Requests, int64(20))
}

func reachOfNone(b *bench) {
	a := b.action("one")
	b.ok(b.RecordOriginUse(b.ctx, a.Deployed.ID, map[string]int64{"https://a.example": 2}, time.Now()))
	b.ok(second(b.DeleteAction(b.ctx, a.ID, true)))
	b.ok(b.RecordOriginUse(b.ctx, a.Deployed.ID, map[string]int64{"https://a.example": 2}, time.Now()))
	for _, id := range []string{a.ID, a.Deployed.ID} {
		got, err := b.OriginUse(b.ctx, id)
		b.ok(err)
		b.equal("reach", got, []host.OriginUse{})
	}
}
