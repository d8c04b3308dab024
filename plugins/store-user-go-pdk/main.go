//go:build wasm

// This action keeps every new user in a remote system. It needs nothing but
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
	if err := store(); err != nil {
		pdk.SetError(err)
		return 1
	}
	return 0
}

func store() error {
	var in input
	if err := pdk.InputJSON(&in); err != nil {
		return fmt.Errorf("read the event: %w", err)
	}
	url, ok := in.Event.Secrets["STORE_URL"]
	if !ok {
		if url, ok = pdk.GetConfig("STORE_URL"); !ok {
			return errors.New("STORE_URL is neither a secret nor a config value")
		}
	}
	token := in.Event.Secrets["STORE_TOKEN"]
	if token == "" {
		return errors.New("secret STORE_TOKEN is not set")
	}
	created, err := post(url, token, in.Event.User)
	if err != nil {
		return err
	}
	return pdk.OutputJSON(map[string]bool{"stored": true, "created": created})
}

// post sends the record and reports whether it was new.
func post(url, token string, user record) (created bool, err error) {
	body, err := json.Marshal(user)
	if err != nil {
		return false, err
	}
	request := pdk.NewHTTPRequest(pdk.MethodPost, url)
	request.SetHeader("Content-Type", "application/json")
	request.SetHeader("Authorization", "Bearer "+token)
	request.SetBody(body)
	response := request.Send()
	status := response.Status()
	switch {
	case status == 0: // no answer; the body is the error, as JSON
		return false, fmt.Errorf("the store could not be reached: %s", response.Body())
	case status == 409:
		// The user is there already: an earlier attempt came through, though
		// its answer did not.
	case status < 200 || status > 299:
		return false, fmt.Errorf("the store answered %d: %.200s", status, response.Body())
	}
	pdk.Log(pdk.LogInfo, fmt.Sprintf("the store answered %d for %s", status, user.UserID))
	return status != 409, nil
}

func main() {}
