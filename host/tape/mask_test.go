package tape_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/tape"
)

// A value is a token in every place and in every form, also among others of its form.
func TestEveryFormOfASecretIsATokenInEveryPlace(t *testing.T) {
	t.Parallel()
	quoted := func(s string) string {
		b, _ := json.Marshal(s)
		return string(b)
	}
	for _, value := range []string{
		"0123456789abcdefXYZ", "p@ss/w\u00f6rd+\"=&\\ 42", "https://hooks.example/T000/B000/abcdefghij", "line one\nline two\n", "k\u00e4y\t\u20ac99",
	} {
		m := tape.ForShowing(&host.Tape{Secrets: map[string]string{"KEY": value}, Key: []byte("0123456789abcdef")})
		forms := map[string]string{
			"plain": value, "percent-encoded": url.QueryEscape(value), "percent-encoded path": url.PathEscape(value),
			"JSON": quoted(value), "JSON in JSON": quoted(quoted(value)), "hexadecimal": hex.EncodeToString([]byte(value)),
			"base64 of JSON": base64.StdEncoding.EncodeToString([]byte(quoted(value))), "percent-encoded JSON": url.QueryEscape(quoted(value)),
		}
		for _, beside := range []string{"", "u:", "us:", "user:"} {
			forms["base64 after "+beside] = base64.StdEncoding.EncodeToString([]byte(beside + value))
			forms["base64url after "+beside] = base64.RawURLEncoding.EncodeToString([]byte(beside + value + "."))
		}
		for name, form := range forms {
			for place, message := range map[string]any{
				"URL":    map[string]any{"url": "https://a.example/x?k=" + form + "&l=1"},
				"header": map[string]any{"headers": map[string][]string{"x-key": {"Bearer " + form}}},
				"body":   map[string]any{"body": "a " + form + " b"},
				"inner":  map[string]any{"body": `{"k":` + quoted(form) + `}`},
				"error":  map[string]any{"error": map[string]string{"message": "no " + form}},
			} {
				b, _ := json.Marshal(message)
				for _, c := range []host.Call{{Function: "http_send", Request: b}, {Function: "http_wait", Answer: b}, {Function: "log_write", Request: b}} {
					got := m.Call(c)
					shown := string(got.Request) + string(got.Answer)
					if !strings.Contains(shown, "[secret KEY]") || strings.Contains(shown, strings.Trim(quoted(form), `"`)) || !json.Valid([]byte(shown)) {
						t.Fatalf("%q, %s, in %s of %s: %s", value, name, place, c.Function, shown)
					}
					if len(got.Digest) != 16 {
						t.Fatalf("the digest is %x", got.Digest)
					}
				}
			}
		}
	}
}

func TestADigestIsOfOneRequestUnderOneKey(t *testing.T) {
	t.Parallel()
	key := []byte("0123456789abcdef")
	of := func(key []byte, c host.Call) string { return string(tape.Digest(key, &c)) }
	a := host.Call{Function: "http_send", Request: json.RawMessage(`{"url":"https://a.example/"}`)}
	b := a
	b.Ordinal, b.Answer, b.EndMicros = 7, json.RawMessage(`{}`), 9
	if of(key, a) != of(key, b) {
		t.Error("the digest depends on more than the request")
	}
	other := a
	other.Function = "http_start"
	changed := a
	changed.Request = json.RawMessage(`{"url":"https://a.example/2"}`)
	for _, d := range []string{of(key, other), of(key, changed), of([]byte("another key....."), a), of(nil, a)} {
		if d == of(key, a) {
			t.Error("two requests or keys have one digest")
		}
	}
	if of(nil, a) != "" {
		t.Error("there is a digest without a key")
	}
	long := host.Tape{Key: key, Calls: []host.Call{{Request: json.RawMessage(`"` + strings.Repeat("x", 5000) + `"`)}}}
	short, err := tape.Encode(&long, 2000)
	if err != nil {
		t.Fatal(err)
	}
	cut, err := tape.Decode(short)
	if err != nil || of(key, cut.Calls[0]) != of(key, long.Calls[0]) {
		t.Errorf("a request that was cut has another digest (%v)", err)
	}
}
