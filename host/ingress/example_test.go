package ingress_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/ingress"
)

// printing is a store that only prints what it is given.
type printing struct{}

func (printing) Accept(_ context.Context, events []host.NewEvent) ([]host.Accepted, error) {
	accepted := make([]host.Accepted, len(events))
	for i, e := range events {
		fmt.Printf("store %s, a repeat by %q\n", e.Event.Body, e.Key)
		accepted[i] = host.Accepted{EventID: "evt_1", ExecutionID: "exe_1"}
	}
	return accepted, nil
}

// Example posts an event. A host puts [web.Authenticator] before the route, so that
// a sender needs an API key.
func Example() {
	routes := echo.New()
	noAuth := func(next echo.HandlerFunc) echo.HandlerFunc { return next }
	(&ingress.Server{Store: printing{}}).Register(routes.Group("/v1"), noAuth)

	event := `{"user":{"user_id":"auth0|1"}}`
	answer := httptest.NewRecorder()
	request := httptest.NewRequest(http.MethodPost, "/v1/events/post-user-registration", strings.NewReader(event))
	routes.ServeHTTP(answer, request)
	fmt.Println(answer.Code, strings.TrimSpace(answer.Body.String()))
	// Output:
	// store {"user":{"user_id":"auth0|1"}}, a repeat by "user:post-user-registration:0::auth0|1"
	// 202 {"event_id":"evt_1","execution_id":"exe_1"}
}
