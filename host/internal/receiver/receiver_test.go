package receiver_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/usherhost/usher/host/internal/receiver"
)

// post posts hello to /a?b=c, and returns the status and the body of the answer.
func post(t *testing.T, r *receiver.Receiver) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.URL+"/a?b=c", strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Trace", "1")
	response, err := r.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func TestAReceiverRecordsTheRequestBeforeItsHandlerAnswers(t *testing.T) {
	t.Parallel()
	recorded := 0
	var r *receiver.Receiver
	r = receiver.Start(func(w http.ResponseWriter, q *http.Request) {
		recorded = len(r.Requests())
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.Copy(w, q.Body)
	})
	t.Cleanup(r.Close)
	if status, body := post(t, r); status != http.StatusAccepted || body != "hello" || recorded != 1 {
		t.Errorf("answered %d %q, with %d requests recorded", status, body, recorded)
	}
	got := r.Requests()
	if len(got) != 1 || got[0].String() != "POST /a hello" || got[0].URI != "/a?b=c" || got[0].Header.Get("X-Trace") != "1" {
		t.Errorf("received %+v", got)
	}
}

func TestAReceiverWithoutAHandlerAnswers200(t *testing.T) {
	t.Parallel()
	r := receiver.Start(nil)
	t.Cleanup(r.Close)
	if status, body := post(t, r); status != http.StatusOK || body != "" || len(r.Requests()) != 1 {
		t.Errorf("answered %d %q, received %+v", status, body, r.Requests())
	}
}
