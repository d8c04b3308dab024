package admin_test

import (
	"context"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
)

// silent drops notices.
type silent struct{}

func (silent) Notify(host.Notice) {}

// receive stands for the receivers of webhooks: those that are called broken fail.
func (a *api) receive(_ context.Context, r *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure) {
	a.posted.Add(1)
	if strings.Contains(r.URL, "broken") {
		return &host.HTTPResponse{Status: 503}, nil
	}
	return &host.HTTPResponse{Status: 204}, nil
}

func TestWebhooksOverTheAPI(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	var made host.WebhookCreated
	answer := a.do(t, 201, "POST", "/v1/webhooks", `{"name":"pager","url":"https://example.com/x?token=hunter2","notices":["breaker.opened"]}`, &made)
	if !strings.HasPrefix(made.Secret, "whsec_") || strings.Contains(answer.Body.String(), "hunter2") || made.URL != "https://example.com/x?…" {
		t.Errorf("created %s", answer.Body)
	}
	for _, path := range []string{"/v1/webhooks", "/v1/webhooks/pager", "/v1/webhooks/" + made.ID, "/v1/changes"} {
		body := a.do(t, 200, "GET", path, "", nil).Body.String()
		if strings.Contains(body, "hunter2") || strings.Contains(body, made.Secret) || !strings.Contains(body, made.ID) {
			t.Errorf("%s shows %s", path, body)
		}
	}
	a.problem(t, 409, request{method: "POST", path: "/v1/webhooks", body: `{"name":"pager","url":"https://example.com"}`})
	for body, want := range map[string]string{
		`{"name":"a b","url":"https://example.com"}`:                          "/name",
		`{"name":"a","url":"ftp://example.com"}`:                              "/url",
		`{"name":"a","url":"https://ada:hunter2@example.com"}`:                "/url",
		`{"name":"a","url":"https://*.example.com"}`:                          "/url",
		`{"name":"a","url":"https://example.com","notices":["all"]}`:          "/notices/0",
		`{"name":"a","url":"https://example.com/` + long(2_100) + `"}`:        "/url",
		`{"name":"a","url":"https://example.com","notices":["webhook.test"]}`: "/notices/0",
	} {
		p := a.problem(t, 400, request{method: "POST", path: "/v1/webhooks", body: body})
		points(t, p, want)
	}

	var again host.WebhookCreated
	a.do(t, 200, "POST", "/v1/webhooks/pager/rotate-secret", "", &again)
	if again.Secret == made.Secret || again.OldSecretUntil.IsZero() {
		t.Errorf("rotated %+v", again)
	}
	var changed host.Webhook
	a.do(t, 200, "PATCH", "/v1/webhooks/pager", `{"disabled":true,"notices":[]}`, &changed)
	if changed.DisabledAt.IsZero() || changed.DisabledReason == "" || len(changed.Notices) != 0 {
		t.Errorf("changed %+v", changed)
	}
	a.do(t, 200, "PATCH", "/v1/webhooks/pager", `{"disabled":false}`, &changed)
	a.do(t, 204, "DELETE", "/v1/webhooks/pager", "", nil)
	a.problem(t, 404, request{path: "/v1/webhooks/" + made.ID})
}

func long(n int) string { return strings.Repeat("x", n) }

func TestAWebhookIsTestedAndSentAgainOverTheAPI(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	var fine, broken host.WebhookCreated
	a.do(t, 201, "POST", "/v1/webhooks", `{"name":"fine","url":"https://example.com"}`, &fine)
	a.do(t, 201, "POST", "/v1/webhooks", `{"name":"broken","url":"https://broken.example.com"}`, &broken)
	var d host.Delivery
	a.do(t, 200, "POST", "/v1/webhooks/fine/test", "", &d)
	if d.Status != host.DeliveryDelivered || d.ResponseStatus != 204 {
		t.Errorf("the test of the one that works: %+v", d)
	}
	a.problem(t, 409, request{method: "POST", path: "/v1/webhooks/fine/deliveries/" + d.ID + "/resend"})
	a.do(t, 200, "POST", "/v1/webhooks/broken/test", "", &d)
	if d.Status != host.DeliveryFailed || d.ResponseStatus != 503 || d.Error == "" {
		t.Errorf("the test of the one that does not: %+v", d)
	}
	a.problem(t, 404, request{method: "POST", path: "/v1/webhooks/fine/deliveries/" + d.ID + "/resend"})

	stored := host.Delivery{ID: "dlv_1", WebhookID: fine.ID, NoticeID: "ntc_1", Kind: host.NoticeDeadLetter, Status: host.DeliveryFailed, Body: []byte("{}")}
	if err := a.db.CreateDelivery(t.Context(), stored); err != nil {
		t.Fatal(err)
	}
	a.do(t, 202, "POST", "/v1/webhooks/fine/deliveries/dlv_1/resend", "", &d)
	if d.NoticeID != "ntc_1" || d.Status != host.DeliveryPending || d.ID == "dlv_1" {
		t.Errorf("sent again %+v", d)
	}
	var page struct {
		Deliveries []host.Delivery
		Next       string
	}
	for query, want := range map[string]int{"": 3, "?status=pending": 1, "?status=failed": 1, "?limit=2": 2, "?before=dlv_0": 0} {
		a.do(t, 200, "GET", "/v1/webhooks/fine/deliveries"+query, "", &page)
		if len(page.Deliveries) != want || (query == "?limit=2") != (page.Next != "") {
			t.Errorf("%q lists %+v", query, page)
		}
	}
}

func TestNoticesOverTheAPI(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	notify := a.action(t, "notify")
	if err := a.db.RecordNotices(t.Context(), []host.Notice{
		{Kind: host.NoticeDeadLetter, ActionID: notify.ID, Action: "notify", Summary: "one", Hint: "do this", Fix: host.FixRetryExecution.With("exe_1")},
		{Kind: host.NoticeEventRefused, KeyID: "key_1", Code: host.Invalid, Summary: "two", Errors: []host.Field{{Pointer: "/user", Detail: "is required"}}},
	}); err != nil {
		t.Fatal(err)
	}
	var page struct {
		Notices []host.Notice
		Next    string
	}
	for query, want := range map[string]int{
		"": 2, "?kind=event.refused": 1, "?action=notify": 1, "?action=" + notify.ID: 1, "?since=2026-01-01T00:00:00Z": 2,
		"?since=2996-01-01T00:00:00Z": 0, "?limit=1": 1, "?kind=breaker.opened": 0,
	} {
		a.do(t, 200, "GET", "/v1/notices"+query, "", &page)
		if len(page.Notices) != want {
			t.Errorf("%q lists %+v", query, page.Notices)
		}
	}
	a.do(t, 200, "GET", "/v1/notices?action=notify", "", &page)
	var n host.Notice
	a.do(t, 200, "GET", "/v1/notices/"+page.Notices[0].ID, "", &n)
	if n.Hint != "do this; run the execution again: usher executions retry exe_1" || n.Count != 1 {
		t.Errorf("the notice is %+v", n)
	}
	a.problem(t, 400, request{path: "/v1/notices?kind=all"})
	a.problem(t, 400, request{path: "/v1/notices?since=yesterday"})
}
