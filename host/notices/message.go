package notices

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/usherhost/usher/host"
)

// messageVersion is the version of what is posted. It changes when a receiver would have
// to: keys may be added without.
const messageVersion = "v1"

// message is what is posted to a webhook, as OpenAPI describes it.
type message struct {
	Type      host.NoticeKind `json:"type"`
	Version   string          `json:"version"`
	Timestamp time.Time       `json:"timestamp"`
	Data      host.Notice     `json:"data"`
}

// newDelivery makes the delivery of a notice, which is due at once.
func newDelivery(w *host.Webhook, n host.Notice) (host.Delivery, error) {
	body, err := json.Marshal(message{Type: n.Kind, Version: messageVersion, Timestamp: n.At, Data: n})
	if err != nil {
		return host.Delivery{}, fmt.Errorf("encode a notice: %w", err)
	}
	return delivery(w.ID, n.ID, n.Kind, body), nil
}

func delivery(webhookID, noticeID string, kind host.NoticeKind, body []byte) host.Delivery {
	now := time.Now().UTC().Truncate(time.Microsecond)
	return host.Delivery{
		ID: host.NewID(host.DeliveryPrefix), WebhookID: webhookID, NoticeID: noticeID, Kind: kind,
		Status: host.DeliveryPending, CreatedAt: now, NextAt: now, Body: body,
	}
}

// The form of a secret in Standard Webhooks.
const (
	secretPrefix = "whsec_"
	secretBytes  = 32
)

// oldSecretFor is how long a replaced secret signs beside the new one.
const oldSecretFor = 24 * time.Hour

// secrets are what a webhook's messages are signed by.
type secrets struct {
	Current []byte    `json:"current"`
	Old     []byte    `json:"old,omitempty"`
	Until   time.Time `json:"until,omitzero"` // when Old ends
}

func newSecret() []byte {
	secret := make([]byte, secretBytes)
	_, _ = rand.Read(secret) // never fails: crypto/rand ends the process first
	return secret
}

// shown is a secret as its receiver gets it.
func shown(secret []byte) string { return secretPrefix + base64.StdEncoding.EncodeToString(secret) }

// seal encrypts the secrets of a webhook.
func (s secrets) seal(box host.Box, webhookID string) ([]byte, error) {
	plain, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode the secrets of a webhook: %w", err)
	}
	sealed, err := box.Seal(plain, host.WebhookPlace(webhookID))
	if err != nil {
		return nil, fmt.Errorf("encrypt the secrets of a webhook: %w", err)
	}
	return sealed, nil
}

func openSecrets(box host.Box, w *host.Webhook) (secrets, error) {
	var s secrets
	plain, err := box.Open(w.Sealed, host.WebhookPlace(w.ID))
	if err != nil {
		return s, fmt.Errorf("decrypt the secrets of webhook %s: %w", w.ID, err)
	}
	if err := json.Unmarshal(plain, &s); err != nil {
		return s, fmt.Errorf("read the secrets of webhook %s: %w", w.ID, err)
	}
	return s, nil
}

// sign returns the header webhook-signature of a message: a signature by each secret that
// holds at that time.
func (s secrets) sign(id string, at time.Time, body []byte) string {
	signatures := []string{signature(s.Current, id, at, body)}
	if len(s.Old) > 0 && at.Before(s.Until) {
		signatures = append(signatures, signature(s.Old, id, at, body))
	}
	return strings.Join(signatures, " ")
}

func signature(secret []byte, id string, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
