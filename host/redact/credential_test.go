package redact_test

import (
	"strings"
	"testing"

	"github.com/usherhost/usher/host/redact"
)

func TestCredentialsAreMasked(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want string }{
		{`{"error":"quota exceeded for key 7"}`, `{"error":"quota exceeded for key 7"}`},
		{`{"error":"invalid_token","error_description":"expired"}`, `{"error":"invalid_token","error_description":"expired"}`},
		{`{"Authorization":"Basic dXNlcg==","ok":false}`, `{"Authorization":"(masked)","ok":false}`},
		{`{"access_token": "abc\"def", "client_secret":{"a":1}, "session":[1,2], "n":1}`, `{"access_token": "(masked)", "client_secret":"(masked)", "session":"(masked)", "n":1}`},
		{`{"api-key":12,"n":1}`, `{"api-key":"(masked)","n":1}`},
		{`{"refresh_token":"cut in the mid`, `{"refresh_token":"(masked)"`},
		{`{"token":"[secret API_KEY]","n":1}`, `{"token":"[secret API_KEY]","n":1}`},
		{"Authorization: Bearer abcdefghijk\nHost: x", "Authorization: \"(masked)\"\nHost: x"},
		{"sent Bearer abcdefghijk to x", "sent (masked) to x"},
		{"user=a&password=b&c=d", `user=a&password="(masked)"&c=d`},
		{"see https://ada:hunter2@example.com/x", "see https(masked)example.com/x"},
	} {
		if got := redact.Credentials(tt.text); got != tt.want {
			t.Errorf("%s\nis masked to %s\nwant         %s", tt.text, got, tt.want)
		}
	}
	if long := strings.Repeat(`"token":`, 1000); len(redact.Credentials(long)) > 4*len(long) {
		t.Error("masking makes a message much longer")
	}
}
