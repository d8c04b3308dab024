// This action tells a Slack channel of every new user. It needs nothing but
// Extism's official Go library.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/extism/go-pdk"
)

// input is what the action reads of the envelope.
type input struct {
	Event struct {
		User struct {
			Email string `json:"email"`
			Name  string `json:"name"`
		} `json:"user"`
		Secrets map[string]string `json:"secrets"`
	} `json:"event"`
}

//go:wasmexport onExecutePostUserRegistration
func onExecutePostUserRegistration() int32 {
	if err := notify(); err != nil {
		pdk.SetError(err)
		return 1
	}
	return 0
}

func notify() error {
	var in input
	if err := pdk.InputJSON(&in); err != nil {
		return fmt.Errorf("read the event: %w", err)
	}
	user := in.Event.User
	if user.Email == "" {
		return errors.New("event.user.email is missing")
	}
	url := in.Event.Secrets["SLACK_WEBHOOK_URL"]
	if url == "" {
		return errors.New("secret SLACK_WEBHOOK_URL is not set")
	}
	body, err := json.Marshal(map[string]string{"text": text(user.Email, user.Name)})
	if err != nil {
		return err
	}
	if err := post(url, body); err != nil {
		return err
	}
	return pdk.OutputJSON(map[string]bool{"notified": true})
}

func post(url string, body []byte) error {
	request := pdk.NewHTTPRequest(pdk.MethodPost, url)
	request.SetHeader("Content-Type", "application/json")
	request.SetBody(body)
	response := request.Send()
	switch status := response.Status(); {
	case status == 0: // the library has no way to tell why
		return errors.New("slack could not be reached: see the run's calls")
	case status < 200 || status > 299:
		return fmt.Errorf("slack answered %d: %.200s", status, response.Body())
	default:
		pdk.Log(pdk.LogInfo, fmt.Sprintf("slack answered %d", status))
		return nil
	}
}

// Slack reads these as markup: a user named <!channel> would call everybody.
var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func text(email, name string) string {
	line := "New user: " + email
	if name != "" {
		line += " (" + name + ")"
	}
	return escape.Replace(line)
}

func main() {}
