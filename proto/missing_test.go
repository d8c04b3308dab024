package proto_test

import (
	"slices"
	"testing"

	"github.com/usherhost/usher/proto"
)

func TestMissingNamesTheObjectsThatAnEventHasNot(t *testing.T) {
	t.Parallel()
	const event = `{"user":{"email":"a@example.com"},"request":{"ip":"192.0.2.1","geoip":null},"connection":{"strategy":"auth0"}}`
	for key, want := range map[string][]string{
		"client_id":   {"client"},
		"ja4":         {"security_context"},
		"countryCode": {"request.geoip"},
		"strategy":    nil, // the connection is there
		"email":       nil,
		"other":       nil,
	} {
		if got := proto.Missing("pre-user-registration", []byte(event), key); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", key, got, want)
		}
	}
	if got := proto.Missing("pre-user-registration", []byte(`[]`), "client_id"); got != nil {
		t.Errorf("no event: %v", got)
	}
	if got := proto.Missing("unknown", []byte(event), "client_id"); got != nil {
		t.Errorf("no trigger: %v", got)
	}
}
