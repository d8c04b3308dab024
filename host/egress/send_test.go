package egress_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/usherhost/usher/host"
)

func TestSendReturnsWhatTheServerAnswers(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Add("X-Seen", r.Method+" "+r.URL.String()+" "+r.Host+" "+r.UserAgent()+" "+r.Header.Get("Authorization"))
		w.Header()["X-Two"] = []string{"a", "b"}
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write(append([]byte("got "), body...))
	})
	c := open(t)
	got := mustSend(t, c, &host.HTTPRequest{
		Method: "post", URL: s.URL + "/a b?q=1 2&r=ü#frag", Body: []byte("hello"), MaxRequests: 1,
		Header: http.Header{"authorization": {"Bearer s"}}, Egress: host.Egress{Allow: []string{s.URL}},
	})
	wantSeen := "POST /a%20b?q=1%202&r=%C3%BC " + s.URL[len("http://"):] + " usher Bearer s"
	if got.Status != http.StatusTeapot || string(got.Body) != "got hello" || got.Requests != 1 {
		t.Errorf("answer %d %q after %d requests", got.Status, got.Body, got.Requests)
	}
	if seen := got.Header.Get("X-Seen"); seen != wantSeen {
		t.Errorf("the server saw %q, want %q", seen, wantSeen)
	}
	if two := got.Header["X-Two"]; len(two) != 2 {
		t.Errorf("X-Two is %q, want both values", two)
	}
	if want := s.URL + "/a%20b?q=1%202&r=%C3%BC"; got.URL != want {
		t.Errorf("URL %q, want %q", got.URL, want)
	}
}
