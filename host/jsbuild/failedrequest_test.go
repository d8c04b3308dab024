package jsbuild_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/jstest"
)

// TestTheBodyOfAFailedRequestIsKeptWithItsCall sends a secret to a server that repeats
// it in its answer.
func TestTheBodyOfAFailedRequestIsKeptWithItsCall(t *testing.T) {
	t.Parallel()
	const secret = "sk-4242-very-secret"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := `{"error":"invalid_channel","got":"` + r.Header.Get("Authorization") + `"}`
		switch r.URL.Path {
		case "/long":
			body = strings.Repeat("é", 2040) + secret + strings.Repeat("x", 10_000)
		case "/token":
			body = `{"error":"expired","access_token":"of another","session":{"id":7}}`
		case "/binary":
			body = "\x00\x01" + secret
		case "/ok":
			_, _ = w.Write([]byte(body))
			return
		}
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	const code = `exports.onExecutePostUserRegistration = async (event) => {
	  await fetch(event.user.nickname, { headers: { authorization: event.secrets.KEY } });
	};`
	for path, want := range map[string]func(host.CallNote) bool{
		"/ok":    func(n host.CallNote) bool { return n.Status == 200 && n.Body == "" },
		"/short": func(n host.CallNote) bool { return n.Body == `{"error":"invalid_channel","got":"[secret KEY]"}` },
		"/token": func(n host.CallNote) bool {
			return n.Body == `{"error":"expired","access_token":"(masked)","session":"(masked)"}`
		},
		"/long":   func(n host.CallNote) bool { return len(n.Body) < 4200 && strings.HasPrefix(n.Body, "éé") },
		"/binary": func(n host.CallNote) bool { return n.Status == 422 && n.Body == "" },
	} {
		result, _ := run(t, code, jstest.Run{
			Event:   `{"user":{"user_id":"1","nickname":"` + server.URL + path + `"}}`,
			Secrets: map[string]string{"KEY": secret},
		})
		last := result.Calls[len(result.Calls)-1]
		if !want(last) || strings.Contains(last.Body, "sk-4242") {
			t.Errorf("%s: %+v, error %+v", path, last, result.Error)
		}
	}
}
