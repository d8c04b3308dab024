package ingress_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host/ingress"
)

func TestServerRecognizesRepeats(t *testing.T) {
	t.Parallel()
	adaAgain := strings.Replace(ada, "auth0|ada", `auth0|ada","name":"Ada`, 1)
	for _, tt := range []struct {
		name          string
		first, second *http.Request
		status        int
	}{
		{
			name: "a user with another body is the first registration", status: 200,
			first: request(path, ada), second: request(path, adaAgain),
		},
		{
			name: "a user of another tenant is another", status: 202,
			first: request(path, ada), second: request(path, strings.Replace(ada, "acme", "other", 1)),
		},
		{
			name: "tenant and user are not run together", status: 202,
			first:  request(path, `{"tenant":{"id":"a:"},"user":{"user_id":"b"}}`),
			second: request(path, `{"tenant":{"id":"a"},"user":{"user_id":":b"}}`),
		},
		{
			name: "a key with another body is refused", status: 422,
			first: request(path, ada, "Idempotency-Key: k"), second: request(path, adaAgain, "Idempotency-Key: k"),
		},
		{
			name: "another key is another event, whichever the user", status: 202,
			first: request(path, ada, "Idempotency-Key: k"), second: request(path, ada, "Idempotency-Key: l"),
		},
		{
			name: "a CloudEvent's id with other data is refused", status: 422,
			first: request(path, ada, binary()...), second: request(path, adaAgain, binary()...),
		},
		{
			name: "binary and structured mode are the same event", status: 200,
			first:  request(path, ada, binary()...),
			second: request(path, structured("1", ada, ""), "Content-Type: application/cloudevents+json"),
		},
		{
			name: "a batch's key with one item changed is refused", status: 422,
			first:  request(path, "["+ada+","+grace+"]", "Idempotency-Key: k"),
			second: request(path, "["+ada+","+ada+"]", "Idempotency-Key: k"),
		},
		{
			name: "a batch's key with an item more is refused", status: 422,
			first:  request(path, "["+ada+"]", "Idempotency-Key: k"),
			second: request(path, "["+ada+","+grace+"]", "Idempotency-Key: k"),
		},
		{
			name: "a batch's key is not an event's", status: 202,
			first: request(path, "["+ada+"]", "Idempotency-Key: k"), second: request(path, ada, "Idempotency-Key: k:0"),
		},
		{
			name: "a batch that is half known is accepted", status: 202,
			first: request(path, ada), second: request(path, "["+ada+","+grace+"]"),
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			store := &memory{}
			send := serve(t, &ingress.Server{Store: store})
			if w := send(tt.first); w.Code != http.StatusAccepted {
				t.Fatalf("answered %d %s, want 202", w.Code, w.Body)
			}
			if w := send(tt.second); w.Code != tt.status {
				t.Errorf("answered %d %s, want %d", w.Code, w.Body, tt.status)
			}
		})
	}
}

func TestServerPointsToTheReusedKeyOfABatch(t *testing.T) {
	t.Parallel()
	changed := strings.Replace(ada, "acme", "other", 1)
	for _, tt := range []struct {
		name, kind, first, second string
		want                      []string
	}{
		{
			name: "a batch", kind: "application/cloudevents-batch+json", want: []string{"/1"},
			first:  "[" + structured("1", ada, "") + "]",
			second: "[" + structured("2", ada, "") + "," + structured("1", changed, "") + "]",
		},
		{
			name: "one event, which is not in a list", kind: "application/cloudevents+json",
			first: structured("1", ada, ""), second: structured("1", changed, ""),
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			send := serve(t, &ingress.Server{Store: &memory{}})
			send(request(path, tt.first, "Content-Type: "+tt.kind))
			w := send(request(path, tt.second, "Content-Type: "+tt.kind))
			var got []string
			for _, f := range problem(t, w).Errors {
				got = append(got, f.Pointer)
			}
			if w.Code != http.StatusUnprocessableEntity || !slices.Equal(got, tt.want) {
				t.Errorf("answered %d %s, want 422 with %v", w.Code, w.Body, tt.want)
			}
		})
	}
}
