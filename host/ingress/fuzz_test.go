package ingress_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"
	"unicode/utf8"

	"github.com/usherhost/usher/host/ingress"
)

// FuzzBatch sends bodies as a batch, and holds what was stored against what
// encoding/json reads.
func FuzzBatch(f *testing.F) {
	for _, seed := range []string{
		"[]", " [ ] ", "[" + ada + "]", "[" + ada + ",\n" + grace + " ]", "[" + registration + "]",
		`[{"user":{"user_id":"\"]}{[,"}}]`, `[{"user":{"user_id":"\\"}},1]`, "[1,true,null,\"x\",[[]],{}]", "[1,]", "[", "]", "[\"\xff\"]",
	} {
		f.Add([]byte(seed))
	}
	store := &memory{}
	send := serve(f, &ingress.Server{Store: store})
	f.Fuzz(func(t *testing.T, body []byte) {
		store.empty()
		w := send(request(path, string(body), "Idempotency-Key: k"))
		if w.Code >= http.StatusInternalServerError {
			t.Fatalf("answered %d %s to %q", w.Code, w.Body, body)
		}
		if len(store.events) == 0 {
			return
		}
		if !json.Valid(body) || !utf8.Valid(body) {
			t.Fatalf("stored %q, which is not JSON", body)
		}
		if bytes.TrimLeft(body, " \t\r\n")[0] != '[' {
			if len(store.events) != 1 || !bytes.Equal(store.events[0].Body, body) {
				t.Fatalf("stored %q for %q", store.events[0].Body, body)
			}
			return
		}
		var want []json.RawMessage
		if err := json.Unmarshal(body, &want); err != nil || len(want) != len(store.events) {
			t.Fatalf("stored %d events of %d: %v", len(store.events), len(want), err)
		}
		for i, e := range store.events {
			if !bytes.Equal(e.Body, want[i]) {
				t.Errorf("stored %q, want %q", e.Body, want[i])
			}
		}
	})
}

// FuzzCloudEvent does the same for one CloudEvent.
func FuzzCloudEvent(f *testing.F) {
	for _, seed := range []string{
		structured("1", ada, ""), structured("1", registration, `"time":"2026-01-31T12:00:00Z",`), structured("1", ada, `"id":"2",`),
		structured("1", "null", `"data_base64":"e30=",`), `{"data_base64":1}`, `{"data_base64":"","data":{}}`, `{}`, `[]`, `7`,
		`{"specversion":"1.0","id":"\u0031","source":"%","type":[],"data":{}}`, structured("1", ada, `"x":{},"y":1e999,"z":1.5,`),
	} {
		f.Add([]byte(seed))
	}
	store := &memory{}
	send := serve(f, &ingress.Server{Store: store})
	f.Fuzz(func(t *testing.T, body []byte) {
		store.empty()
		w := send(request(path, string(body), "Content-Type: application/cloudevents+json"))
		if w.Code >= http.StatusInternalServerError {
			t.Fatalf("answered %d %s to %q", w.Code, w.Body, body)
		}
		if len(store.events) == 0 {
			return
		}
		var want struct {
			Data   json.RawMessage `json:"data"`
			Base64 []byte          `json:"data_base64"`
		}
		if err := json.Unmarshal(body, &want); err != nil {
			t.Fatalf("stored %q, which is not JSON: %v", body, err)
		}
		if got := store.events[0].Body; !bytes.Equal(got, want.Data) && !bytes.Equal(got, want.Base64) {
			t.Errorf("stored %q, want %q or %q", got, want.Data, want.Base64)
		}
	})
}

// FuzzHeaders sends a binary CloudEvent with foreign headers.
func FuzzHeaders(f *testing.F) {
	f.Add("1", "/idp", "t", trace, "k")
	f.Add(`"a\"`, "%", "%ff", "", "")
	send := serve(f, &ingress.Server{Store: instant{}})
	f.Fuzz(func(t *testing.T, id, source, kind, traceparent, key string) {
		r := request(path, ada)
		for name, value := range map[string]string{
			"Ce-Specversion": "1.0", "Ce-Id": id, "Ce-Source": source, "Ce-Type": kind,
			"Traceparent": traceparent, "Idempotency-Key": key, "Content-Type": "application/json; " + kind, "X-Request-Id": id,
		} {
			r.Header.Set(name, value)
		}
		if w := send(r); w.Code >= http.StatusInternalServerError {
			t.Fatalf("answered %d %s", w.Code, w.Body)
		}
	})
}
