package ingress_test

import (
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/usherhost/usher/host/ingress"
)

// bom is a byte order mark in UTF-8.
const bom = "\xef\xbb\xbf"

func TestServerToleratesWhatSendersDo(t *testing.T) {
	t.Parallel()
	const cloud = "Content-Type: application/cloudevents+json"
	nulls := `{"user":{"user_id":"auth0|ada","phone_number":null,"email_verified":null,"user_metadata":null},"request":null,"tenant":{"id":null}}`
	for _, tt := range []struct {
		name   string
		header []string
		body   string
		stored []string // the bodies; as it was sent if nil
		cloud  bool     // the event is known by a CloudEvent's source and id
	}{
		{name: "a byte order mark", body: bom + ada, stored: []string{ada}},
		{name: "a byte order mark before a batch", body: bom + "[" + ada + "]", stored: []string{ada}},
		{name: "a byte order mark before a CloudEvent", header: []string{cloud}, body: bom + structured("1", ada, ""), stored: []string{ada}, cloud: true},
		{
			name: "a byte order mark in data_base64", header: []string{cloud}, stored: []string{ada}, cloud: true,
			body: structured("1", "null", `"data_base64":"`+base64.StdEncoding.EncodeToString([]byte(bom+ada))+`",`),
		},
		{name: "a byte order mark below a binary CloudEvent", header: binary(), body: bom + ada, stored: []string{ada}, cloud: true},
		{name: "a CloudEvent as plain JSON", body: structured("1", ada, ""), stored: []string{ada}, cloud: true},
		{name: "a CloudEvent as plain JSON, indented", body: "\n " + structured("1", ada, `"time": "2026-01-31T12:00:00Z", `), stored: []string{ada}, cloud: true},
		{name: "CloudEvents in a plain batch", body: "[" + structured("1", ada, "") + "]", stored: []string{ada}, cloud: true},
		{name: "an event that names a specversion of its own", body: `{"specversion":"2","user":{"user_id":"auth0|ada"}}`},
		{name: "an event with such a key further down", body: `{"user":{"user_id":"auth0|ada","user_metadata":{"specversion":"1.0"}}}`},
		{name: "null for what may be missing", body: nulls},
		{name: "null for what may be missing, in a batch", body: "[" + nulls + "]", stored: []string{nulls}},
		{name: "null for what may be missing, in a CloudEvent", header: []string{cloud}, body: structured("1", nulls, ""), stored: []string{nulls}, cloud: true},
		{name: "empty strings", body: `{"user":{"user_id":"auth0|ada","email":"","phone_number":""},"request":{"ip":""}}`},
		{name: "space around it", body: "\r\n\t " + ada + " \r\n"},
		{name: "a bare percent sign in a header", header: binary("Ce-Subject: 100% sure", "Ce-Note: 50%25 %zz %"), body: ada, cloud: true},
		{name: "empty attributes in headers", header: binary("Ce-Subject: ", "Ce-Time: ", "Ce-Dataschema: "), body: ada, cloud: true},
		{
			name: "empty attributes of a CloudEvent", header: []string{cloud}, stored: []string{ada}, cloud: true,
			body: structured("1", ada, `"subject":"","time":"","dataschema":null,"datacontenttype":"",`),
		},
		{name: "a data content type with parameters", header: []string{cloud}, body: structured("1", ada, `"datacontenttype":"Application/JSON; charset=utf-8",`), stored: []string{ada}, cloud: true},
		{name: "no content type", header: []string{"Content-Type: "}, body: ada},
		{name: "no content type and a batch", header: []string{"Content-Type: "}, body: "[" + ada + "]", stored: []string{ada}},
		{name: "a content type in upper case", header: []string{"Content-Type: APPLICATION/JSON;CHARSET=\"UTF-8\""}, body: ada},
		{name: "a charset in single quotes", header: []string{"Content-Type: application/json; charset='utf-8'"}, body: ada},
		{name: "a parameter without a value", header: []string{"Content-Type: application/json; charset"}, body: ada},
		{name: "a parameter twice", header: []string{"Content-Type: application/json; charset=utf-8; charset=utf-8"}, body: ada},
		{name: "an open end", header: []string{"Content-Type: application/json;"}, body: ada},
		{name: "a content type joined of two", header: []string{"Content-Type: application/json, application/json"}, body: ada},
		{name: "another parameter", header: []string{"Content-Type: application/json; odata.metadata=none; v=1"}, body: ada},
		{name: "another name for JSON", header: []string{"Content-Type: text/json"}, body: ada},
		{name: "a type that is JSON by its suffix", header: []string{"Content-Type: application/vnd.acme+json"}, body: ada},
		{name: "plain text, as fetch says", header: []string{"Content-Type: text/plain;charset=UTF-8"}, body: ada},
		{name: "ASCII that is said to be Latin 1", header: []string{"Content-Type: application/json; charset=ISO-8859-1"}, body: ada},
		{name: "a CloudEvent's type with a charset", header: []string{cloud + "; charset=utf-8"}, body: structured("1", ada, ""), stored: []string{ada}, cloud: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.stored == nil {
				tt.stored = []string{tt.body}
			}
			store := &memory{}
			w := serve(t, &ingress.Server{Store: store})(request(path, tt.body, tt.header...))
			if w.Code != http.StatusAccepted {
				t.Fatalf("answered %d %s, want 202", w.Code, w.Body)
			}
			if len(store.events) != len(tt.stored) {
				t.Fatalf("stored %d events, want %d", len(store.events), len(tt.stored))
			}
			for i, e := range store.events {
				if string(e.Body) != tt.stored[i] {
					t.Errorf("stored %q, want %q", e.Body, tt.stored[i])
				}
				if isCloud := strings.HasPrefix(e.Key, "cloudevent:"); isCloud != tt.cloud {
					t.Errorf("stored with key %q", e.Key)
				}
			}
		})
	}
}

func TestServerFindsABatchBehindAByteOrderMarkThatComesBitByBit(t *testing.T) {
	t.Parallel()
	store := &memory{}
	r := request(path, "")
	body := bom + "[" + ada + "," + grace + "]"
	r.Body, r.ContentLength = io.NopCloser(oneByte(strings.NewReader(body))), int64(len(body))
	if w := serve(t, &ingress.Server{Store: store})(r); w.Code != http.StatusAccepted || len(store.events) != 2 {
		t.Errorf("answered %d %s and stored %d", w.Code, w.Body, len(store.events))
	}
}

func TestServerKeepsRefusingWhatIsTrulyWrong(t *testing.T) {
	t.Parallel()
	utf16 := func(s string) string {
		var out strings.Builder
		for _, c := range []byte(s) {
			out.Write([]byte{c, 0})
		}
		return out.String()
	}
	for _, tt := range []struct {
		name   string
		header []string
		body   string
		status int
		want   string // in the answer
	}{
		{name: "UTF-16 with its mark", body: "\xff\xfe" + utf16(ada), status: 400, want: "the body is in UTF-16"},
		{name: "UTF-16 without", body: utf16(ada), status: 400, want: "the body is in UTF-16"},
		{name: "UTF-16, the other way around", body: "\xfe\xff\x00{", status: 400, want: "the body is in UTF-16"},
		{name: "UTF-32", body: "\xff\xfe\x00\x00{\x00\x00\x00", status: 400, want: "the body is in UTF-32"},
		{
			name: "Latin 1 with more than ASCII", header: []string{"Content-Type: application/json; charset=ISO-8859-1"},
			body: "{\"user\":{\"user_id\":\"\xe9\"}}", status: 415, want: "a character beyond ASCII (line 1, column 21, byte 21)",
		},
		{name: "nothing but a byte order mark", body: bom, status: 400, want: "the body is empty"},
		{name: "null for the user", body: `{"user":null}`, status: 400, want: `"/user"`},
		{name: "null for the user's id", body: `{"user":{"user_id":null}}`, status: 400, want: `"/user/user_id"`},
		{name: "null in a list", body: `{"user":{"user_id":"a"},"transaction":{"prompt":[null]}}`, status: 400, want: `"/transaction/prompt/0"`},
		{name: "a number as a string", body: `{"user":{"user_id":"a"},"request":{"geoip":{"latitude":"1"}}}`, status: 400, want: `"/request/geoip/latitude"`},
		{name: "a CloudEvent as plain JSON whose data is wrong", body: structured("1", `{"user":{}}`, ""), status: 400, want: `"/data/user/user_id"`},
		{name: "a CloudEvent as plain JSON without an id", body: structured("", ada, ""), status: 400, want: `"/id"`},
		{name: "a CloudEvent's id that forges a row", body: structured(`1\nexe_2`, ada, ""), status: 400, want: "U+000A"},
		{name: "a CloudEvent's id that is turned around, in a header", header: []string{
			"ce-specversion: 1.0", "ce-id: 1%E2%80%AE2", "ce-source: /a", "ce-type: b", "Content-Type: application/json",
		}, body: ada, status: 400, want: "header ce-id: must have no control or invisible characters, but has U+202E"},
		{name: "a user's id with an escape", body: `{"user":{"user_id":"\u001b]0;owned\u0007"}}`, status: 400, want: "U+001B"},
		{name: "one in a plain batch", body: "[" + ada + "," + structured("1", `{"User":{}}`, "") + "]", status: 400, want: `"/1/data/User"`},
		{name: "half a CloudEvent", body: structured("1", ada, "")[:40], status: 400, want: "the body is not JSON"},
		{name: "a key in another case", body: `{"user":{"user_id":"a"},"Secrets":{}}`, status: 400, want: `did you mean \"secrets\"?`},
		{name: "a key of the user in another case, in a CloudEvent", body: structured("1", `{"user":{"user_id":"a","User_ID":"b"}}`, ""), status: 400, want: `"/data/user/User_ID"`},
		{name: "a form", header: []string{"Content-Type: application/x-www-form-urlencoded"}, body: ada, status: 415, want: "-H 'Content-Type: application/json'"},
		{name: "XML", header: []string{"Content-Type: text/xml"}, body: "<user/>", status: 415, want: "text/xml"},
		{name: "an endless content type", header: []string{"Content-Type: " + strings.Repeat("x", 5000)}, body: ada, status: 415, want: "xxx…"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			store := &memory{}
			w := serve(t, &ingress.Server{Store: store})(request(path, tt.body, tt.header...))
			p := problem(t, w)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) || p.Hint == "" {
				t.Errorf("answered %d %s, want %d with %s", w.Code, w.Body, tt.status, tt.want)
			}
			if w.Code == http.StatusUnsupportedMediaType && !strings.HasPrefix(w.Header().Get("Accept"), "application/json") {
				t.Errorf("accepts %q", w.Header().Get("Accept"))
			}
			if len(store.events) != 0 {
				t.Errorf("stored %d events", len(store.events))
			}
		})
	}
}

func FuzzContentType(f *testing.F) {
	for _, seed := range []string{"application/json; charset", "a;=;,;\"", "text/plain; charset='", "application/json,,;;charset=utf-8"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, given string) {
		r := request(path, ada)
		r.Header["Content-Type"] = []string{given}
		w := serve(t, &ingress.Server{Store: &memory{}})(r)
		if w.Code != http.StatusAccepted && w.Code != http.StatusUnsupportedMediaType && w.Code != http.StatusBadRequest {
			t.Errorf("answered %q with %d", given, w.Code)
		}
	})
}
