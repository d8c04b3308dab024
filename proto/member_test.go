package proto_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/usherhost/usher/proto"
)

func TestMemberIsTheValueAsItStands(t *testing.T) {
	t.Parallel()
	const event = ` { "a" : [ {"user":1} , "}" ] ,"us\u0065r":{"user_metadata":{ "x": "\"}{" , "y":[1, 2]},"n":null,"e":{},"s":"text","d":1.5} , "z":true } `
	for path, want := range map[string]string{
		"user user_metadata":   `{ "x": "\"}{" , "y":[1, 2]}`,
		"user user_metadata y": `[1, 2]`,
		"user n":               `null`,
		"user e":               `{}`,
		"user s":               `"text"`,
		"user d":               `1.5`,
		"z":                    `true`,
		"user app_metadata":    "",
		"user s x":             "",
		"user e x":             "",
		"a user":               "",
		"user_metadata":        "",
	} {
		got := proto.Member([]byte(event), strings.Fields(path)...)
		if string(got) != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
}

// FuzzMember compares with encoding/json, for what passes the check of events.
func FuzzMember(f *testing.F) {
	f.Add(`{"user":{"user_metadata":{"a":1}},"request":{}}`)
	f.Add(`{"request":{},"user":{"\u0075ser_metadata":{"b":"\\\""},"app_metadata":{}}}`)
	f.Fuzz(func(t *testing.T, event string) {
		if _, violations := proto.CheckEvent("pre-user-registration", []byte(event)); len(violations) > 0 {
			return
		}
		var decoded struct {
			User map[string]json.RawMessage `json:"user"`
		}
		if err := json.Unmarshal([]byte(event), &decoded); err != nil {
			t.Fatal(err)
		}
		if got := proto.Member([]byte(event), "user", "user_metadata"); string(got) != string(decoded.User["user_metadata"]) {
			t.Errorf("%q, want %q", got, decoded.User["user_metadata"])
		}
	})
}
