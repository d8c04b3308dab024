package proto_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/usherhost/usher/proto"
)

func TestWithoutNullsLeavesOutWhatTheTypesDontAllow(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, body, want string }{
		{"one field", event(`"user_id":"a", "phone_number": null `), `{"user":{"user_id":"a"}}`},
		{"the first field", event(`"phone_number":null,"user_id":"a"`), `{"user":{"user_id":"a"}}`},
		{"one in the middle", event(`"user_id":"a","email":null , "name":"b"`), `{"user":{"user_id":"a","name":"b"}}`},
		{"a key with escapes", event(`"user_id":"a","\u0065mail":null`), `{"user":{"user_id":"a"}}`},
		{"all fields of an object", with(`"request": { "ip": null, "geoip": null }`), `{"user":{"user_id":"a"},"request":{}}`},
		{"a whole object", with(`"tenant":null`), `{"user":{"user_id":"a"}}`},
		{"a value of a dictionary", with(`"connection":{"metadata":{"a":null,"b":"c"}}`), `{"user":{"user_id":"a"},"connection":{"metadata":{"b":"c"}}}`},
		{"beside what stays", event(`"user_id":"a","email":null,"x":[1, {"y":null}, "}\"],"]`), `{"user":{"user_id":"a","x":[1, {"y":null}, "}\"],"]}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := proto.WithoutNulls(trigger, []byte(tt.body)); string(got) != tt.want {
				t.Errorf("%s became %s, want %s", tt.body, got, tt.want)
			}
		})
	}
}

func TestWithoutNullsGivesBackWhatHasNone(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		event(`"user_id":"a"`),
		event(`"user_id":"null"`),
		with(` "experiment":null , "security_context":null`),
		event(`"user_id":"a","user_metadata":{"a": null},"identities":[ null ]`),
		with(`"client":null`),
		`{"user":{"email":null`, `{"user":{"email":null},`, `null`, `[null]`, `"null`, `{"null`, `{"user" null`, `{`, `{null`, ` null`, "{\"null\\",
	} {
		in := []byte(body)
		if got := proto.WithoutNulls(trigger, in); !bytes.Equal(got, in) {
			t.Errorf("%s became %s", body, got)
		}
	}
}

// Whatever is accepted fits the types of the contract once its needless nulls
// are gone, and nothing else of it is.
func FuzzWithoutNulls(f *testing.F) {
	for _, seed := range []string{
		event(`"user_id":"a","email":null`), with(`"request":{"geoip":{"latitude":null}},"transaction":{"prompt":["a"],"state":null}`),
		with(`"experiment":{"config":{"a":{"value":null},"b":null}}`),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		trimmed := proto.WithoutNulls(trigger, body)
		if _, found := proto.CheckEvent(trigger, body); len(found) > 0 {
			return
		}
		if !proto.FitsSchemaAsItIs(trigger, trimmed) {
			t.Errorf("%s became %s, which is not what the types say", body, trimmed)
		}
		var before, after any
		if json.Unmarshal(body, &before) != nil || json.Unmarshal(trimmed, &after) != nil {
			t.Skip() // a number that is too large
		}
		if !reflect.DeepEqual(before, after) && bytes.Equal(body, trimmed) || !reflect.DeepEqual(dropNulls(before), dropNulls(after)) {
			t.Errorf("%s became %s", body, trimmed)
		}
	})
}

func dropNulls(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if value == nil {
				delete(v, key)
			} else {
				dropNulls(value)
			}
		}
	case []any:
		for _, value := range v {
			dropNulls(value)
		}
	}
	return v
}
