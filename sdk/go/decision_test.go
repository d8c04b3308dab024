package usher_test

import (
	"math"
	"strings"
	"testing"

	usher "github.com/usherhost/usher/sdk/go"
	"github.com/usherhost/usher/sdk/go/ushertest"
)

const registration = `{
	"user": {"email": "ada@example.com"}, "request": {"ip": "203.0.113.7", "body": {"ulp-terms": "yes"}},
	"client": {"client_id": "c1", "name": "Shop", "metadata": {"tier": "b2c"}}
}`

func TestEveryCommandReachesTheHost(t *testing.T) {
	t.Parallel()
	got := ushertest.Run(&ushertest.Host{}, registration, func(e *usher.PreUserRegistrationEvent) (any, error) {
		for _, err := range []error{
			usher.Deny("from "+e.Request.IP, ""),
			usher.ValidationError("bad_name", string(e.Request.Body["ulp-terms"])),
			usher.SetUserMetadata("client", e.Client),
			usher.SetAppMetadata("old", nil),
			usher.SetUserID("u1"),
		} {
			if err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
	if got.Error != "" || len(got.Commands) != 5 {
		t.Fatalf("error %q, commands %+v", got.Error, got.Commands)
	}
	deny, invalid, user, app, id := got.Commands[0], got.Commands[1], got.Commands[2], got.Commands[3], got.Commands[4]
	if deny.Type != "access.deny" || deny.Reason != "from 203.0.113.7" || deny.UserMessage != "" {
		t.Errorf("deny %+v", deny)
	}
	if invalid.Type != "validation.error" || invalid.Code != "bad_name" || invalid.Message != `"yes"` {
		t.Errorf("validation error %+v", invalid)
	}
	if want := `{"client_id":"c1","name":"Shop","metadata":{"tier":"b2c"}}`; user.Type != "user.set_user_metadata" || user.Key != "client" || string(user.Value) != want {
		t.Errorf("user metadata %+v, want %s", user, want)
	}
	if app.Type != "user.set_app_metadata" || app.Key != "old" || string(app.Value) != "null" {
		t.Errorf("app metadata %+v", app)
	}
	if id.Type != "user.set_user_id" || id.UserID != "u1" {
		t.Errorf("user id %+v", id)
	}
}

func TestAValueThatJSONCannotHoldIsAnError(t *testing.T) {
	t.Parallel()
	got := ushertest.Run(&ushertest.Host{}, registration, func(*usher.PreUserRegistrationEvent) (any, error) {
		return nil, usher.SetUserMetadata("n", math.NaN())
	})
	if !strings.HasPrefix(got.Error, "encode a command: json: unsupported value") || len(got.Commands) != 0 {
		t.Errorf("error %q, commands %+v", got.Error, got.Commands)
	}
}
