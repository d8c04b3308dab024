package main

import (
	"encoding/json"
	"testing"
)

func TestRecord(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, user, want string }{
		{name: "has the address", user: `{"user_id": "auth0|1", "email": "a@b.example", "name": "A"}`, want: `{"user_id":"auth0|1","email":"a@b.example"}`},
		{name: "has null for one who registered by phone", user: `{"user_id": "sms|1"}`, want: `{"user_id":"sms|1","email":null}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var r record
			if err := json.Unmarshal([]byte(tt.user), &r); err != nil {
				t.Fatal(err)
			}
			got, err := json.Marshal(r)
			if err != nil || string(got) != tt.want {
				t.Errorf("%s, want %s (%v)", got, tt.want, err)
			}
		})
	}
}
