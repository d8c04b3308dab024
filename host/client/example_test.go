package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/client"
)

func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, `{"event_id": "evt_1", "execution_id": "exe_1"}`)
	}))
	defer server.Close()

	c := client.NewClient(server.URL, "usher_…")
	accepted, err := c.SendEvent(context.Background(), host.PostUserRegistration,
		[]byte(`{"user": {"user_id": "auth0|ada", "email": "ada@example.com"}}`), "")
	if p, ok := errors.AsType[*client.Problem](err); ok {
		fmt.Println(p.Detail, p.Hint, p.Errors)
		return
	}
	fmt.Println(accepted.ExecutionID, err)
	// Output: exe_1 <nil>
}
