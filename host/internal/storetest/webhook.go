package storetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/usherhost/usher/host"
)

var webhookPromises = []promise{
	{"webhooks are stored, found by id and name, changed and deleted", webhooksAreStored},
	{"deliveries are due in order, of their webhook, and again after a restart", deliveriesAreDue},
	{"an attempt is recorded with its webhook, or not at all", attemptIsRecorded},
	{"deliveries go with their webhook", deliveriesGo},
	{"the oldest deliveries of a webhook go first, and no other's", deliveriesAreBounded},
}

func (b *bench) webhook(name string) host.Webhook {
	b.Helper()
	w := host.Webhook{
		ID: host.WebhookPrefix + name, Name: name, URL: "https://example.com", Notices: []host.NoticeKind{host.NoticeDeadLetter},
		CreatedAt: time.Now().UTC().Truncate(time.Microsecond), Sealed: []byte("sealed " + name),
	}
	b.ok(b.CreateWebhook(b.ctx, w))
	return w
}

func deliveryOf(w host.Webhook, n int) host.Delivery {
	now := time.Now().UTC().Truncate(time.Microsecond)
	return host.Delivery{
		ID: fmt.Sprintf("dlv_%s_%05d", w.ID, n), WebhookID: w.ID, NoticeID: "ntc_1", Kind: host.NoticeDeadLetter, Status: host.DeliveryPending,
		CreatedAt: now, NextAt: now, Body: []byte(`{"n":1}`),
	}
}

func webhooksAreStored(b *bench) {
	one, two := b.webhook("one"), b.webhook("two")
	twin := one
	twin.ID = "whk_twin"
	b.equal("code of a second one with the name", host.CodeOf(b.CreateWebhook(b.ctx, twin)), host.Conflict)
	b.reopen(nil)
	all, err := b.Webhooks(b.ctx)
	b.ok(err)
	b.equal("all", all, []host.Webhook{one, two})
	for _, name := range []string{"one", one.ID} {
		found, err := b.Webhook(b.ctx, name)
		b.ok(err)
		b.equal("by "+name, found, one)
	}
	changed, err := b.UpdateWebhook(b.ctx, one.ID, func(w *host.Webhook) error {
		w.URL, w.DisabledAt, w.Sealed = "https://example.org", w.CreatedAt, []byte("other")
		return nil
	})
	b.ok(err)
	found, err := b.Webhook(b.ctx, "one")
	b.ok(err)
	b.equal("changed", found, changed)
	b.equal("its URL and secrets", found.URL+string(found.Sealed), "https://example.orgother")
	failed := &host.Error{Code: host.Invalid, Text: "no"}
	_, err = b.UpdateWebhook(b.ctx, one.ID, func(w *host.Webhook) error { w.URL = "x"; return failed })
	b.equal("an error of the change is returned", errors.Is(err, failed), true)
	_, err = b.UpdateWebhook(b.ctx, "whk_gone", func(*host.Webhook) error { return nil })
	b.equal("code of a change of none", host.CodeOf(err), host.NotFound)
	b.ok(b.DeleteWebhook(b.ctx, one.ID))
	b.equal("code of a second deletion", host.CodeOf(b.DeleteWebhook(b.ctx, one.ID)), host.NotFound)
	_, err = b.Webhook(b.ctx, "one")
	b.equal("code", host.CodeOf(err), host.NotFound)
}

func (b *bench) due(w host.Webhook) []string {
	b.Helper()
	found, err := b.DueDeliveries(b.ctx, w.ID, 10)
	b.ok(err)
	ids := []string{}
	for _, d := range found {
		ids = append(ids, d.ID)
	}
	return ids
}

func deliveriesAreDue(b *bench) {
	one, two := b.webhook("one"), b.webhook("two")
	_, some, err := b.NextDelivery(b.ctx)
	b.ok(err)
	b.equal("there is a next one", some, false)
	late, soon, other := deliveryOf(one, 1), deliveryOf(one, 2), deliveryOf(two, 3)
	late.NextAt, soon.NextAt, other.NextAt = late.NextAt.Add(time.Hour), soon.NextAt.Add(-time.Minute), other.NextAt.Add(-time.Hour)
	for _, d := range []host.Delivery{late, soon, other} {
		b.ok(b.CreateDelivery(b.ctx, d))
	}
	b.reopen(nil)
	b.equal("due of one", b.due(one), []string{soon.ID})
	got, err := b.Delivery(b.ctx, soon.ID)
	b.ok(err)
	b.equal("with its body", got, soon)
	next, _, err := b.NextDelivery(b.ctx)
	b.ok(err)
	b.equal("the next of all", next, other.NextAt)
	_, err = b.UpdateWebhook(b.ctx, two.ID, func(w *host.Webhook) error { w.DisabledAt = time.Now(); return nil })
	b.ok(err)
	next, _, err = b.NextDelivery(b.ctx)
	b.ok(err)
	b.equal("the next of those that are enabled", next, soon.NextAt)
}

func attemptIsRecorded(b *bench) {
	w := b.webhook("one")
	d := deliveryOf(w, 1)
	b.ok(b.CreateDelivery(b.ctx, d))
	since := d.CreatedAt
	failing := func(w *host.Webhook) error { w.FailingSince = since; return nil }
	d.Attempts, d.NextAt, d.Error, d.ResponseStatus = 1, d.NextAt.Add(time.Hour), "no", 500
	b.ok(b.RecordDelivery(b.ctx, d, failing))
	got, err := b.Delivery(b.ctx, d.ID)
	b.ok(err)
	b.equal("the delivery", got, d)
	b.equal("due", b.due(w), []string{})
	found, err := b.Webhook(b.ctx, w.ID)
	b.ok(err)
	b.equal("failing since", found.FailingSince, since)
	d.Status, d.NextAt, d.EndedAt = host.DeliveryDelivered, time.Time{}, since
	b.ok(b.RecordDelivery(b.ctx, d, nil))
	list, err := b.Deliveries(b.ctx, host.DeliveryQuery{WebhookID: w.ID, Status: host.DeliveryDelivered})
	b.ok(err)
	b.equal("delivered", list, []host.Delivery{d})
	b.ok(b.DeleteWebhook(b.ctx, w.ID))
	b.ok(b.RecordDelivery(b.ctx, d, failing))
	_, err = b.Delivery(b.ctx, d.ID)
	b.equal("code once the webhook is gone", host.CodeOf(err), host.NotFound)
}

func deliveriesGo(b *bench) {
	one, two := b.webhook("one"), b.webhook("two")
	b.ok(b.CreateDelivery(b.ctx, deliveryOf(one, 1)))
	b.ok(b.CreateDelivery(b.ctx, deliveryOf(two, 2)))
	b.ok(b.DeleteWebhook(b.ctx, one.ID))
	left, err := b.Deliveries(b.ctx, host.DeliveryQuery{})
	b.ok(err)
	b.equal("left", len(left), 1)
	b.equal("of", left[0].WebhookID, two.ID)
}

func deliveriesAreBounded(b *bench) {
	one, two := b.webhook("one"), b.webhook("two")
	b.ok(b.CreateDelivery(b.ctx, deliveryOf(two, 1)))
	var many []host.Delivery
	for i := range 2_010 {
		many = append(many, deliveryOf(one, i))
	}
	b.ok(b.ReportNotices(b.ctx, nil, many))
	_, err := b.Delivery(b.ctx, many[9].ID)
	b.equal("code of the oldest", host.CodeOf(err), host.NotFound)
	_, err = b.Delivery(b.ctx, many[10].ID)
	b.ok(err)
	b.equal("of the other", len(b.due(two)), 1)
}
