// This action posts every new user to a Slack channel.
package main

import (
	"errors"
	"fmt"
	"strings"

	usher "github.com/usherhost/usher/sdk/go"
)

//go:wasmexport onExecutePostUserRegistration
func onExecutePostUserRegistration() int32 { return usher.Handle(notify) }

func notify(e *usher.PostUserRegistrationEvent) (any, error) {
	if e.User.Email == "" {
		return nil, errors.New("event.user.email is missing")
	}
	url, err := usher.Secret("SLACK_WEBHOOK_URL")
	if err != nil {
		return nil, err
	}
	r, err := usher.PostJSON(url, map[string]string{"text": text(e.User)})
	if err != nil {
		return nil, err
	}
	if !r.OK() {
		return nil, fmt.Errorf("slack answered %d: %.200s", r.Status, r.Body)
	}
	usher.Logf("slack answered %d", r.Status)
	return map[string]bool{"notified": true}, nil
}

// Slack reads these as markup: a user named <!channel> would call everybody.
var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func text(u usher.User) string {
	line := "New user: " + u.Email
	if u.Name != "" {
		line += " (" + u.Name + ")"
	}
	return escape.Replace(line)
}

func main() {}
