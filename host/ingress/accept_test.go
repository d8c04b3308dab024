package ingress_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/ingress"
)

func TestServerAccepts(t *testing.T) {
	t.Parallel()
	const cloud, cloudBatch = "Content-Type: application/cloudevents+json", "Content-Type: application/cloudevents-batch+json"
	for _, tt := range []struct {
		name   string
		header []string
		body   string
		answer string
		stored []string // the bodies
		keys   []string
		strict bool
	}{
		{
			name: "an event, byte for byte", body: ada + "\n",
			answer: `{"event_id":"evt_0","execution_id":"exe_0"}`, stored: []string{ada + "\n"},
			keys: []string{"user:post-user-registration:4:acme:auth0|ada"},
		},
		{
			name: "a whole event", body: registration,
			answer: `{"event_id":"evt_0","execution_id":"exe_0"}`, stored: []string{registration},
			keys: []string{"user:post-user-registration:9:acme-prod:auth0|5f7c8ec7c33c6c004bbafe82"},
		},
		{
			name: "a media type with charset, in any case", header: []string{"Content-Type: Application/JSON; charset=UTF-8"}, body: grace,
			answer: `{"event_id":"evt_0","execution_id":"exe_0"}`, stored: []string{grace},
			keys: []string{"user:post-user-registration:0::auth0|grace"},
		},
		{
			name: "an event with a key", header: []string{"Idempotency-Key: k-1"}, body: ada,
			answer: `{"event_id":"evt_0","execution_id":"exe_0"}`, stored: []string{ada},
			keys: []string{"key:post-user-registration:3:k-1:"}, strict: true,
		},
		{
			name: "a batch, each item's own bytes", body: " [ " + ada + " ,\n" + grace + "]",
			answer: `{"events":[{"event_id":"evt_0","execution_id":"exe_0"},{"event_id":"evt_1","execution_id":"exe_1"}]}`,
			stored: []string{ada, grace},
			keys:   []string{"user:post-user-registration:4:acme:auth0|ada", "user:post-user-registration:0::auth0|grace"},
		},
		{
			name: "a user twice in a batch", body: "[" + ada + "," + ada + "]",
			answer: `{"events":[{"event_id":"evt_0","execution_id":"exe_0"},{"event_id":"evt_0","execution_id":"exe_0","repeat":true}]}`,
			stored: []string{ada}, keys: []string{"user:post-user-registration:4:acme:auth0|ada"},
		},
		{
			name: "a batch with a key", header: []string{"Idempotency-Key: k/1"}, body: "[" + ada + "," + grace + "]",
			answer: `{"events":[{"event_id":"evt_0","execution_id":"exe_0"},{"event_id":"evt_1","execution_id":"exe_1"}]}`,
			stored: []string{ada, grace}, strict: true,
			keys: []string{"batch:post-user-registration:3:k/1:0", "batch:post-user-registration:3:k/1:1"},
		},
		{
			name: "a structured CloudEvent", header: []string{cloud}, body: structured("1", ada, ""),
			answer: `{"event_id":"evt_0","execution_id":"exe_0"}`, stored: []string{ada}, strict: true,
			keys: []string{"cloudevent:post-user-registration:4:/idp:1"},
		},
		{
			name: "a CloudEvent with all attributes and extensions", header: []string{cloud},
			body:   structured("1", grace, `"subject":"s","time":"2026-01-31T12:00:00Z","dataschema":"https://a.example/s","datacontenttype":"application/vnd.a+json","a0tenant":"x","seq":7,"last":true,"none":null,`),
			answer: `{"event_id":"evt_0","execution_id":"exe_0"}`, stored: []string{grace}, strict: true,
			keys: []string{"cloudevent:post-user-registration:4:/idp:1"},
		},
		{
			name: "a CloudEvent with data in base64", header: []string{cloud},
			body:   `{"specversion":"1.0","id":"1","source":"/idp","type":"t","data_base64":"` + base64.StdEncoding.EncodeToString([]byte(ada)) + `"}`,
			answer: `{"event_id":"evt_0","execution_id":"exe_0"}`, stored: []string{ada}, strict: true,
			keys: []string{"cloudevent:post-user-registration:4:/idp:1"},
		},
		{
			name: "a CloudEvent with a key, which wins", header: []string{cloud, "Idempotency-Key: k"}, body: structured("1", ada, ""),
			answer: `{"event_id":"evt_0","execution_id":"exe_0"}`, stored: []string{ada}, strict: true,
			keys: []string{"key:post-user-registration:1:k:"},
		},
		{
			name: "a binary CloudEvent", header: binary("Ce-Subject: J%C3%B6rg", `Ce-Note: "a \"b\""`), body: " " + ada,
			answer: `{"event_id":"evt_0","execution_id":"exe_0"}`, stored: []string{" " + ada}, strict: true,
			keys: []string{"cloudevent:post-user-registration:4:/idp:1"},
		},
		{
			name: "a binary CloudEvent of a type of its own", header: binary("Content-Type: application/vnd.acme+json"), body: ada,
			answer: `{"event_id":"evt_0","execution_id":"exe_0"}`, stored: []string{ada}, strict: true,
			keys: []string{"cloudevent:post-user-registration:4:/idp:1"},
		},
		{
			name: "a batch of CloudEvents", header: []string{cloudBatch}, body: "[" + structured("1", ada, "") + "," + structured("2", ada, "") + "]",
			answer: `{"events":[{"event_id":"evt_0","execution_id":"exe_0"},{"event_id":"evt_1","execution_id":"exe_1"}]}`,
			stored: []string{ada, ada}, strict: true,
			keys: []string{"cloudevent:post-user-registration:4:/idp:1", "cloudevent:post-user-registration:4:/idp:2"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			store := &memory{}
			send := serve(t, &ingress.Server{Store: store})
			w := send(request(path, tt.body, tt.header...))
			if got := strings.TrimSpace(w.Body.String()); w.Code != http.StatusAccepted || got != tt.answer {
				t.Fatalf("answered %d %s, want 202 %s", w.Code, got, tt.answer)
			}
			checkStored(t, store.events, tt.stored, tt.keys, tt.strict)
			if w := send(request(path, tt.body, tt.header...)); w.Code != http.StatusOK {
				t.Errorf("answered a repeat with %d %s, want 200", w.Code, w.Body)
			}
			if len(store.events) != len(tt.stored) {
				t.Errorf("stored %d events after a repeat, want %d", len(store.events), len(tt.stored))
			}
		})
	}
}

func checkStored(t *testing.T, got []host.NewEvent, bodies, keys []string, strict bool) {
	t.Helper()
	if len(got) != len(bodies) {
		t.Fatalf("stored %d events, want %d", len(got), len(bodies))
	}
	for i, e := range got {
		if string(e.Body) != bodies[i] {
			t.Errorf("stored %q, want %q", e.Body, bodies[i])
		}
		if e.Key != keys[i] || e.Strict != strict {
			t.Errorf("stored with key %q (strict: %t), want %q (strict: %t)", e.Key, e.Strict, keys[i], strict)
		}
		if e.Trigger != host.PostUserRegistration || e.ReceivedAt.IsZero() || !strings.HasPrefix(e.UserID, "auth0|") {
			t.Errorf("stored %+v without its trigger, time or user", e.Event)
		}
	}
}
