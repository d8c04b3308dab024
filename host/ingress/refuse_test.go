package ingress_test

import (
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/ingress"
)

func TestServerRefuses(t *testing.T) {
	t.Parallel()
	const cloud, cloudBatch = "Content-Type: application/cloudevents+json", "Content-Type: application/cloudevents-batch+json"
	small := ingress.Limits{EventBytes: 300, BatchBytes: 1000, BatchItems: 3}
	for _, tt := range []struct {
		name   string
		path   string
		header []string
		body   string
		status int
		code   host.Code
		detail string   // the problem's detail contains it
		hint   string   // the problem's hint contains it
		errors []string // "pointer detail", exactly
	}{
		{
			name: "an unknown trigger", path: "/v1/events/post-login", body: ada,
			status: 404, code: host.NotFound, detail: `no trigger "post-login"`, hint: "post-user-registration",
		},
		{
			name: "query parameters", path: path + "?trigger=x&idempotency_key=1", body: ada, status: 400, code: host.Invalid,
			detail: `unknown query parameters: ["idempotency_key" "trigger"]`, hint: "Idempotency-Key",
		},
		{name: "an empty body", status: 400, code: host.Invalid, detail: "the body is empty"},
		{name: "white space", body: " \n", status: 400, code: host.Invalid, detail: "the body is empty"},
		{
			name: "no JSON", body: "{\n \"user\": }", status: 400, code: host.Invalid,
			detail: "the body is not JSON: invalid character '}' looking for beginning of value (line 2, column 10, byte 12)",
		},
		{
			name: "half an event", body: ada[:20], status: 400, code: host.Invalid,
			detail: "the body is not JSON: unexpected end of JSON input (line 1, column 20, byte 20)",
		},
		{name: "two events without a batch", body: ada + ada, status: 400, code: host.Invalid, detail: "after top-level value"},
		{
			name: "text that is not UTF-8", body: "{\"user\":{\"user_id\":\"\xff\"}}", status: 400, code: host.Invalid,
			detail: "the body is not UTF-8 (line 1, column 21, byte 21)",
		},
		{name: "a half batch", body: "[" + ada + ",", status: 400, code: host.Invalid, detail: "unexpected end of JSON input"},
		{
			name: "no user_id", body: `{"user":{}}`, status: 400, code: host.Invalid,
			detail: "does not fit post-user-registration", errors: []string{"/user/user_id is required"},
		},
		{
			name: "a user_id that is no string", body: `{"user":{"user_id":7}}`, status: 400, code: host.Invalid,
			errors: []string{"/user/user_id must be a string, is a number"},
		},
		{
			name: "a batch with two bad items", body: "[" + ada + `,{"user":{}},{"user":{"user_id":7}}]`, status: 400, code: host.Invalid,
			errors: []string{"/1/user/user_id is required", "/2/user/user_id must be a string, is a number"},
		},
		{
			name: "an event that is too large", body: `{"user":{"user_id":"` + strings.Repeat("x", 300) + `"}}`,
			status: 413, code: host.TooLarge, detail: "the event has more than 300 bytes",
		},
		{
			name: "an item that is too large", body: "[" + ada + `,{"user":{"user_id":"` + strings.Repeat("x", 300) + `"}}]`,
			status: 413, code: host.TooLarge, detail: "the event has more than 300 bytes", errors: []string{"/1 has 323 bytes"},
		},
		{
			name: "a batch that is too large", body: "[" + ada + strings.Repeat(" ", 1000) + "]",
			status: 413, code: host.TooLarge, detail: "the body has 1062 bytes; an event may have 300 and a batch 1000",
		},
		{
			name: "a batch with too many items", body: "[{},{},{},{}]",
			status: 413, code: host.TooLarge, detail: "the batch has 4 events; the limit is 3",
		},
		{
			name: "a form", header: []string{"Content-Type: application/x-www-form-urlencoded"}, body: ada,
			status: 415, code: host.Unsupported, detail: "application/x-www-form-urlencoded",
			hint: "application/json, application/cloudevents+json, application/cloudevents-batch+json",
		},
		{
			name: "another charset", header: []string{"Content-Type: application/json; charset=utf-16"}, body: ada,
			status: 415, code: host.Unsupported, detail: "utf-16",
		},
		{
			name: "a compressed body", header: []string{"Content-Encoding: gzip"}, body: ada,
			status: 415, code: host.Unsupported, detail: `content coding "gzip"`,
		},
		{
			name: "an unknown CloudEvents format", header: binary("Content-Type: application/cloudevents+avro"), body: ada,
			status: 415, code: host.Unsupported,
		},
		{
			name: "an idempotency key with a space", header: []string{"Idempotency-Key: a b"}, body: ada,
			status: 400, code: host.Invalid, detail: "Idempotency-Key", hint: "1 to 256 visible ASCII characters",
		},
		{
			name: "an idempotency key that is too long", header: []string{"Idempotency-Key: " + strings.Repeat("k", 257)}, body: ada,
			status: 400, code: host.Invalid, detail: "Idempotency-Key",
		},
		{
			name: "an empty CloudEvent", header: []string{cloud}, body: "{}", status: 400, code: host.Invalid,
			errors: []string{
				"/data is missing; the event goes there", "/id is missing or empty", "/source is missing or empty",
				`/specversion is missing; must be "1.0"`, "/type is missing or empty",
			},
		},
		{
			name: "a CloudEvent of an old version", header: []string{cloud}, status: 400, code: host.Invalid,
			body:   `{"specversion":"0.3","id":"1","source":"/idp","type":"t","data":` + ada + "}",
			errors: []string{`/specversion must be "1.0"`},
		},
		{
			name: "CloudEvents attributes of wrong types", header: []string{cloud}, status: 400, code: host.Invalid,
			body: structured("1", ada, `"subject":7,"time":"today","dataschema":"x","datacontenttype":"text/xml","bad-name":"x",`),
			errors: []string{
				"/bad-name bad key, CloudEvents attribute names MUST consist of lower-case letters ('a' to 'z'), upper-case letters ('A' to 'Z') or digits ('0' to '9') from the ASCII character set",
				"/datacontenttype must be JSON: application/json, or a type that ends with +json",
				"/dataschema if present, MUST adhere to the format specified in RFC 3986, Section 4.3. Absolute URI",
				"/subject must be a string", "/time must be a time as in RFC 3339, such as 2026-01-31T12:00:00Z",
			},
		},
		{
			name: "a CloudEvent with an attribute twice", header: []string{cloud}, body: structured("1", ada, `"id":"2",`),
			status: 400, code: host.Invalid, errors: []string{"/id is given twice"},
		},
		{
			name: "a CloudEvent with both kinds of data", header: []string{cloud}, body: structured("1", ada, `"data_base64":"e30=",`),
			status: 400, code: host.Invalid, errors: []string{"/data_base64 must not be given together with data"},
		},
		{
			name: "data_base64 that is a number", header: []string{cloud}, status: 400, code: host.Invalid,
			body:   `{"specversion":"1.0","id":"1","source":"/idp","type":"t","data_base64":1}`,
			errors: []string{"/data_base64 must be a string in base64"},
		},
		{
			name: "data_base64 that is not base64", header: []string{cloud}, status: 400, code: host.Invalid,
			body:   `{"specversion":"1.0","id":"1","source":"/idp","type":"t","data_base64":"%"}`,
			errors: []string{"/data_base64 must be a string in base64"},
		},
		{
			name: "data_base64 that holds no event", header: []string{cloud}, status: 400, code: host.Invalid,
			body:   `{"specversion":"1.0","id":"1","source":"/idp","type":"t","data_base64":"e30="}`,
			errors: []string{"/data_base64/user is required"},
		},
		{
			name: "a CloudEvent whose data is bad", header: []string{cloud}, body: structured("1", `{"user":{"user_id":7}}`, ""),
			status: 400, code: host.Invalid, errors: []string{"/data/user/user_id must be a string, is a number"},
		},
		{
			name: "a CloudEvent that is an array", header: []string{cloud}, body: "[" + structured("1", ada, "") + "]",
			status: 400, code: host.Invalid, errors: []string{" must be a CloudEvent, which is an object"},
		},
		{
			name: "a batch of CloudEvents that is one", header: []string{cloudBatch}, body: structured("1", ada, ""),
			status: 400, code: host.Invalid, errors: []string{" must be an array of CloudEvents"},
		},
		{
			name: "a bad CloudEvent in a batch", header: []string{cloudBatch},
			body:   "[" + structured("1", ada, "") + ",7," + structured("", `{}`, "") + "]",
			status: 400, code: host.Invalid,
			errors: []string{"/1 must be a CloudEvent, which is an object", "/2/id is missing or empty"},
		},
		{
			name: "bad data in a batch of CloudEvents", header: []string{cloudBatch}, body: "[" + structured("1", `{}`, "") + "]",
			status: 400, code: host.Invalid, errors: []string{"/0/data/user is required"},
		},
		{
			name: "a binary CloudEvent without its version", header: []string{"Ce-Id: 1"}, body: ada, status: 400, code: host.Invalid,
			errors: []string{" header ce-source: is missing or empty", ` header ce-specversion: is missing; must be "1.0"`, " header ce-type: is missing or empty"},
		},
		{
			name: "a binary CloudEvent with a bad header", header: binary("Ce-Subject: %ff", "Ce-Time: noon"), body: ada,
			status: 400, code: host.Invalid,
			errors: []string{" header ce-subject: must be percent-encoded UTF-8", " header ce-time: must be a time as in RFC 3339, such as 2026-01-31T12:00:00Z"},
		},
		{
			name: "a binary CloudEvent with a batch", header: binary(), body: "[" + ada + "]",
			status: 400, code: host.Invalid, errors: []string{" must be an object, is an array"},
		},
		{
			name: "an unknown key", header: []string{"Authorization: Bearer usher_x"}, body: ada,
			status: 401, code: host.Unauthorized, detail: "the API key is unknown",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			store := &memory{}
			target := path
			if tt.path != "" {
				target = tt.path
			}
			w := serve(t, &ingress.Server{Store: store, Limits: small})(request(target, tt.body, tt.header...))
			p := problem(t, w)
			if w.Code != tt.status || p.Status != tt.status || p.Code() != tt.code {
				t.Fatalf("answered %d %s, want %d %s", w.Code, w.Body, tt.status, tt.code)
			}
			if !strings.Contains(p.Detail, tt.detail) || !strings.Contains(p.Hint, tt.hint) {
				t.Errorf("answered %s, want %q with hint %q", w.Body, tt.detail, tt.hint)
			}
			var got []string
			for _, f := range p.Errors {
				got = append(got, f.Pointer+" "+f.Detail)
			}
			if strings.Join(got, "\n") != strings.Join(tt.errors, "\n") {
				t.Errorf("errors are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.errors, "\n"))
			}
			if len(store.events) != 0 {
				t.Errorf("stored %d events", len(store.events))
			}
		})
	}
}
