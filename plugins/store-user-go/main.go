// This action keeps every new user in a remote system.
package main

import (
	"fmt"

	usher "github.com/usherhost/usher/sdk/go"
)

//go:wasmexport onExecutePostUserRegistration
func onExecutePostUserRegistration() int32 { return usher.Handle(store) }

// conflict is HTTP's 409. Package net/http would make the module twice as big.
const conflict = 409

// record is what the remote system gets. Email is null for a user who
// registered by phone.
type record struct {
	UserID string  `json:"user_id"`
	Email  *string `json:"email"`
}

func store(e *usher.PostUserRegistrationEvent) (any, error) {
	url, err := storeURL()
	if err != nil {
		return nil, err
	}
	token, err := usher.Secret("STORE_TOKEN")
	if err != nil {
		return nil, err
	}
	user := record{UserID: e.User.ID}
	if e.User.Email != "" {
		user.Email = &e.User.Email
	}
	r, err := usher.Send(usher.Request{
		URL:    url,
		Header: usher.Header{"Authorization": {"Bearer " + token}},
		JSON:   user,
	})
	if err != nil {
		return nil, err
	}
	// A conflict says that the user is there already: an earlier attempt came
	// through, though its answer did not.
	created := r.Status != conflict
	if created && !r.OK() {
		return nil, fmt.Errorf("the store answered %d: %.200s", r.Status, r.Body)
	}
	usher.Logf("the store answered %d for %s", r.Status, e.User.ID)
	return map[string]bool{"stored": true, "created": created}, nil
}

// storeURL reads the address from the secrets, else from the settings.
func storeURL() (string, error) {
	if url, err := usher.Secret("STORE_URL"); err == nil {
		return url, nil
	}
	return usher.Config("STORE_URL")
}

func main() {}
