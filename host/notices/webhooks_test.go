package notices_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/egress"
)

// signedBy reports whether a message has a signature by a secret.
func signedBy(t *testing.T, r *host.HTTPRequest, secret string) bool {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(r.Header.Get("Webhook-Id") + "." + r.Header.Get("Webhook-Timestamp") + "." + string(r.Body)))
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for _, got := range strings.Fields(r.Header.Get("Webhook-Signature")) {
		if got == want {
			return true
		}
	}
	return false
}

func TestAWebhookGetsTheKindsThatItAsksForSigned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	all, some := w.webhook(t, "all"), w.webhook(t, "some", host.NoticeBreakerOpened)
	w.start(t)
	w.reporter.Notify(dead("notify"))
	w.reporter.Notify(host.Notice{Kind: host.NoticeBreakerOpened, ActionID: "act_1", Summary: "it opened"})
	until(t, "three deliveries", func() bool { return len(w.requests()) == 3 })
	for _, r := range w.requests() {
		var message struct {
			Type, Version string
			Timestamp     time.Time
			Data          host.Notice
		}
		if err := json.Unmarshal(r.Body, &message); err != nil {
			t.Fatal(err)
		}
		secret := all.Secret
		if strings.Contains(r.URL, "some") {
			secret = some.Secret
			if message.Type != "breaker.opened" {
				t.Errorf("some got %s", message.Type)
			}
		}
		if !signedBy(t, r, secret) || signedBy(t, r, "whsec_"+base64.StdEncoding.EncodeToString([]byte("another"))) {
			t.Errorf("the signature of %v", r.Header)
		}
		if message.Version != "v1" || message.Data.ID != r.Header.Get("Webhook-Id") || !message.Timestamp.Equal(message.Data.At) || message.Data.Fix != nil {
			t.Errorf("the message is %s", r.Body)
		}
		if r.Redirect != host.RedirectManual || len(r.Egress.Allow) != 1 || r.Egress.Mode != host.EgressAllowlist || r.MaxRequests != 1 {
			t.Errorf("the request may do more than it should: %+v", r)
		}
	}
	until(t, "delivered", func() bool { return w.deliveries(t, "some")[0].Status == host.DeliveryDelivered })
}

func TestASecretIsSealedShownOnceAndReplacedWithTwoSignatures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.webhook(t, "pager")
	second, err := w.sender.RotateSecret(t.Context(), "pager")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.sender.TestWebhook(t.Context(), "pager"); err != nil {
		t.Fatal(err)
	}
	if r := w.requests()[0]; !signedBy(t, r, first.Secret) || !signedBy(t, r, second.Secret) {
		t.Errorf("signed %s", r.Header.Get("Webhook-Signature"))
	}
	third, err := w.sender.RotateSecret(t.Context(), "pager")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.sender.TestWebhook(t.Context(), "pager"); err != nil {
		t.Fatal(err)
	}
	if r := w.requests()[1]; signedBy(t, r, first.Secret) || !signedBy(t, r, second.Secret) || !signedBy(t, r, third.Secret) {
		t.Errorf("after two rotations signed %s", r.Header.Get("Webhook-Signature"))
	}
	shown, err := w.sender.Webhook(t.Context(), "pager")
	if err != nil {
		t.Fatal(err)
	}
	stored, err := w.db.Webhook(t.Context(), "pager")
	if err != nil {
		t.Fatal(err)
	}
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(third.Secret, "whsec_"))
	if shown.Sealed != nil || strings.Contains(shown.URL, "hunter2") || strings.Contains(string(stored.Sealed), string(key)) {
		t.Errorf("shown %+v", shown)
	}
}

func TestAFailedDeliveryGoesOnAfterARestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.webhook(t, "pager")
	w.answers(status(503))
	w.start(t)
	w.reporter.Notify(dead("notify"))
	until(t, "an attempt", func() bool { list := w.deliveries(t, "pager"); return len(list) == 1 && list[0].Attempts == 1 })
	w.close(t)
	w.answers(status(204))
	w.open(t)
	w.start(t)
	until(t, "delivered", func() bool { return w.deliveries(t, "pager")[0].Status == host.DeliveryDelivered })
	sent := w.requests()
	first, last := sent[0], sent[len(sent)-1]
	if first.Header.Get("Webhook-Id") != last.Header.Get("Webhook-Id") || string(first.Body) != string(last.Body) {
		t.Error("a later attempt is another message")
	}
}

func TestAReceiverThatHangsDelaysNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.webhook(t, "hangs")
	w.webhook(t, "works")
	release := make(chan struct{})
	w.answers(func(r *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure) {
		if strings.Contains(r.URL, "hangs") {
			<-release
		}
		return &host.HTTPResponse{Status: 200}, nil
	})
	w.start(t)
	for i := range 20 {
		n := dead("notify")
		n.Number = i + 1
		w.reporter.Notify(n)
	}
	until(t, "the other gets all", func() bool {
		list := w.deliveries(t, "works")
		for _, d := range list {
			if d.Status != host.DeliveryDelivered {
				return false
			}
		}
		return len(list) == 20
	})
	if n := len(w.requests()); n > 22 {
		t.Errorf("%d requests: the one that hangs has more than two", n)
	}
	close(release)
}

func TestAPrivateAddressIsRefusedWithWhatToDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := &egress.Client{}
	t.Cleanup(client.Close)
	w.sender.Send = client.Send
	if _, err := w.sender.CreateWebhook(t.Context(), "inside", "http://127.0.0.1:9/", nil); err != nil {
		t.Fatal(err)
	}
	d, err := w.sender.TestWebhook(t.Context(), "inside")
	if err != nil {
		t.Fatal(err)
	}
	if d.Status != host.DeliveryFailed || !strings.Contains(d.Error, "usher serve --allow-network 127.0.0.1/32") {
		t.Errorf("the test ended as %+v", d)
	}
}

func TestAWebhookThatIsGoneIsDisabledWithANotice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	gone := w.webhook(t, "gone", host.NoticeDeadLetter)
	w.webhook(t, "other", host.NoticeWebhookDisabled)
	w.answers(func(r *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure) {
		if strings.Contains(r.URL, "gone") {
			return &host.HTTPResponse{Status: 410}, nil
		}
		return &host.HTTPResponse{Status: 200}, nil
	})
	w.start(t)
	w.reporter.Notify(dead("notify"))
	until(t, "a notice for the other", func() bool {
		list := w.deliveries(t, "other")
		return len(list) == 1 && list[0].Status == host.DeliveryDelivered
	})
	hook, err := w.sender.Webhook(t.Context(), "gone")
	if err != nil || hook.DisabledAt.IsZero() {
		t.Errorf("it is %+v, %v", hook, err)
	}
	if !strings.Contains(w.log.String(), `msg="a webhook was disabled: it gets no notices"`) || !strings.Contains(w.log.String(), "usher webhooks set gone --enable") {
		t.Errorf("the log has %s", w.log.String())
	}

	// Its deliveries wait until it is enabled.
	waiting := host.Delivery{ID: "dlv_1", WebhookID: gone.ID, NoticeID: "ntc_1", Kind: host.NoticeDeadLetter, Status: host.DeliveryPending, NextAt: time.Now(), Body: []byte("{}")}
	if err := w.db.CreateDelivery(t.Context(), waiting); err != nil {
		t.Fatal(err)
	}
	w.answers(status(200))
	enabled := false
	if _, err := w.sender.ChangeWebhook(t.Context(), "gone", host.WebhookPatch{Disabled: &enabled}); err != nil {
		t.Fatal(err)
	}
	until(t, "it goes on", func() bool {
		d, err := w.db.Delivery(t.Context(), "dlv_1")
		return err == nil && d.Status == host.DeliveryDelivered
	})
}
