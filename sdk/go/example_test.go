package usher_test

import (
	"errors"
	"fmt"

	usher "github.com/usherhost/usher/sdk/go"
	"github.com/usherhost/usher/sdk/go/ushertest"
)

// greet posts a line to a webhook whose address is a secret.
func greet(e *usher.PostUserRegistrationEvent) (any, error) {
	if e.User.Email == "" {
		return nil, errors.New("event.user.email is missing")
	}
	url, err := usher.Secret("WEBHOOK_URL")
	if err != nil {
		return nil, err
	}
	r, err := usher.PostJSON(url, map[string]string{"text": "Welcome, " + e.User.Email})
	if err != nil {
		return nil, err
	}
	usher.Logf("the webhook answered %d", r.Status)
	return map[string]bool{"greeted": r.OK()}, nil
}

func Example() {
	host := &ushertest.Host{Secrets: map[string]string{"WEBHOOK_URL": "https://hooks.example.com/welcome"}}
	result := ushertest.Run(host, `{"user": {"user_id": "auth0|1", "email": "ada@example.com"}}`, greet)

	fmt.Printf("%s %s\n", result.Requests[0].URL, result.Requests[0].Body)
	fmt.Println(result.Logs[0].Message)
	fmt.Printf("%s\n", result.Output)
	// Output:
	// https://hooks.example.com/welcome {"text":"Welcome, ada@example.com"}
	// the webhook answered 200
	// {"greeted":true}
}
