package main

import (
	"strings"
	"testing"

	usher "github.com/usherhost/usher/sdk/go"
	"github.com/usherhost/usher/sdk/go/ushertest"
)

func TestNotify(t *testing.T) {
	t.Parallel()
	secrets := map[string]string{"SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T/B/X"}
	for _, tt := range []struct {
		name    string
		event   string
		secrets map[string]string
		status  int
		sent    string
		fails   string
	}{
		{
			name: "names the address only", secrets: secrets, event: `{"user": {"email": "a@b.example"}}`, status: 200,
			sent: `{"text":"New user: a@b.example"}`,
		},
		{
			name: "takes the markup out of a name", secrets: secrets, event: `{"user": {"email": "a@b.example", "name": "<!channel>"}}`, status: 200,
			sent: `{"text":"New user: a@b.example (\u0026lt;!channel\u0026gt;)"}`,
		},
		{name: "wants an address", secrets: secrets, event: `{"user": {}}`, fails: "event.user.email is missing"},
		{name: "wants its secret", event: `{"user": {"email": "a@b.example"}}`, fails: "secret SLACK_WEBHOOK_URL is not set"},
		{
			name: "fails when Slack does", secrets: secrets, event: `{"user": {"email": "a@b.example"}}`, status: 404,
			sent: `{"text":"New user: a@b.example"}`, fails: "slack answered 404: no_service",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			host := &ushertest.Host{Secrets: tt.secrets, Respond: func(usher.Request) (*usher.Response, error) {
				return &usher.Response{Status: tt.status, Body: []byte("no_service")}, nil
			}}
			got := ushertest.Run(host, tt.event, notify)
			if got.Error != tt.fails {
				t.Errorf("error %q, want %q", got.Error, tt.fails)
			}
			var sent strings.Builder
			for _, r := range got.Requests {
				sent.Write(r.Body)
			}
			if sent.String() != tt.sent {
				t.Errorf("sent %s, want %s", &sent, tt.sent)
			}
		})
	}
}
