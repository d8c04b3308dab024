package main

import (
	"testing"

	usher "github.com/usherhost/usher/sdk/go"
	"github.com/usherhost/usher/sdk/go/ushertest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	const ada = `{"user": {"user_id": "auth0|1", "email": "a@b.example"}}`
	secrets := map[string]string{"STORE_URL": "https://users.example.com", "STORE_TOKEN": "t"}
	for _, tt := range []struct {
		name    string
		event   string
		secrets map[string]string
		config  map[string]string
		status  int
		output  string
		sent    string
		fails   string
	}{
		{
			name: "stores a user", event: ada, secrets: secrets, status: 201,
			sent: `{"user_id":"auth0|1","email":"a@b.example"}`, output: `{"created":true,"stored":true}`,
		},
		{
			name: "takes a conflict for success", event: ada, secrets: secrets, status: 409,
			sent: `{"user_id":"auth0|1","email":"a@b.example"}`, output: `{"created":false,"stored":true}`,
		},
		{
			name: "stores a user without an address", event: `{"user": {"user_id": "sms|1"}}`, secrets: secrets, status: 200,
			sent: `{"user_id":"sms|1","email":null}`, output: `{"created":true,"stored":true}`,
		},
		{
			name: "finds its address in the settings", event: ada, status: 200,
			secrets: map[string]string{"STORE_TOKEN": "t"}, config: map[string]string{"STORE_URL": "https://users.example.com"},
			sent: `{"user_id":"auth0|1","email":"a@b.example"}`, output: `{"created":true,"stored":true}`,
		},
		{name: "wants an address", event: ada, fails: "config STORE_URL is not set"},
		{
			name: "wants a token", event: ada, secrets: map[string]string{"STORE_URL": "https://users.example.com"},
			fails: "secret STORE_TOKEN is not set",
		},
		{
			name: "fails when the store does", event: ada, secrets: secrets, status: 500,
			sent: `{"user_id":"auth0|1","email":"a@b.example"}`, fails: "the store answered 500: full",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			host := &ushertest.Host{Secrets: tt.secrets, Config: tt.config, Respond: func(r usher.Request) (*usher.Response, error) {
				if r.URL != "https://users.example.com" || r.Header.Get("Authorization") != "Bearer t" {
					t.Errorf("sent to %s with %v", r.URL, r.Header)
				}
				return &usher.Response{Status: tt.status, Body: []byte("full")}, nil
			}}
			got := ushertest.Run(host, tt.event, store)
			if got.Error != tt.fails || string(got.Output) != tt.output {
				t.Errorf("error %q, output %s; want %q, %s", got.Error, got.Output, tt.fails, tt.output)
			}
			if tt.sent != "" && (len(got.Requests) != 1 || string(got.Requests[0].Body) != tt.sent) {
				t.Errorf("sent %+v, want %s", got.Requests, tt.sent)
			}
		})
	}
}
