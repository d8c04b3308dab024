//go:build wasm

// This action posts every new user to a Slack channel. It needs nothing but
// Extism's official Go library, which compiles for WebAssembly alone.
package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/extism/go-pdk"
)

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
	case status == 0: // no answer; the body is the error, as JSON
		return fmt.Errorf("slack could not be reached: %s", response.Body())
	case status < 200 || status > 299:
		return fmt.Errorf("slack answered %d: %.200s", status, response.Body())
	default:
		pdk.Log(pdk.LogInfo, fmt.Sprintf("slack answered %d", status))
		return nil
	}
}

func main() {}
