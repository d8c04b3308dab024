package proto_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/usherhost/usher/proto"
)

func TestCheckEventRefusesKeysThatReadersTakeForOthers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		body    string
		pointer string
		detail  string
	}{
		{with(`"Secrets":{"A":"1"}`), "/Secrets", `did you mean "secrets"?`},
		{with(`"SECRETS":{}`), "/SECRETS", `did you mean "secrets"?`},
		{with(`"\u0053ecrets":{}`), "/Secrets", `did you mean "secrets"?`},
		{with(`"ſecrets":{}`), "/ſecrets", `did you mean "secrets"?`},
		{with(`"secrets":{},"secretſ":{}`), "/secretſ", `did you mean "secrets"?`},
		{with(`"Configuration":{}`), "/Configuration", `did you mean "configuration"?`},
		{with(`"conﬁguration":{}`), "/conﬁguration", `did you mean "configuration"?`},
		{with(`"confıguratIon":{}`), "/confıguratIon", `did you mean "configuration"?`},
		{with(`"confİguration":{}`), "/confİguration", `did you mean "configuration"?`},
		{with(`"USER":{"user_id":"b"}`), "/USER", `did you mean "user"?`},
		{event(`"user_id":"a","User_Id":"b"`), "/user/User_Id", `did you mean "user_id"?`},
		{event(`"user_id":"a","uſer_id":"b"`), "/user/uſer_id", `did you mean "user_id"?`},
		{event(`"user_id":"a","Email":null`), "/user/Email", `did you mean "email"?`},
		{event(`"user_id":"a","nic\u212aname":"b"`), "/user/nic\u212aname", `did you mean "nickname"?`},
		{event(`"user_id":"a","last_paßword_reset":"b"`), "/user/last_paßword_reset", `did you mean "last_password_reset"?`},
		{with(`"transaction":{"State":"x"}`), "/transaction/State", `did you mean "state"?`},
		{with(`"request":{"Ip":"x"}`), "/request/Ip", `did you mean "ip"?`},
		{with(`"client":1,"Client":2`), "/Client", `is taken for "client" by readers that ignore case`},
		{with(`"a":1,"b":2,"c":3,"A":4`), "/A", `is taken for "a" by readers that ignore case`},
		{event(`"user_id":"a","x":1,"y":2,"X":3`), "/user/X", `is taken for "x" by readers that ignore case`},
		{with(`"client":{"id":1,"ID":2}`), "/client/ID", `is taken for "id" by readers that ignore case`},
		{with(`"secrets":{"token":"1","TOKEN":"2"}`), "/secrets/TOKEN", `is taken for "token" by readers that ignore case`},
	} {
		t.Run(tt.pointer, func(t *testing.T) {
			t.Parallel()
			got, found := proto.CheckEvent(trigger, []byte(tt.body))
			if len(found) != 1 || found[0].Pointer != tt.pointer || !strings.Contains(found[0].Detail, tt.detail) {
				t.Errorf("%s: found %+v, want %s %q", tt.body, found, tt.pointer, tt.detail)
			}
			if got != (proto.Registration{}) {
				t.Errorf("read %+v from an event that doesn't fit", got)
			}
		})
	}
}

// What is let through is read alike by a reader that knows its keys by case and
// by one that ignores it.
func FuzzReadersThatIgnoreCaseSeeTheSameUser(f *testing.F) {
	for _, key := range []string{"user", "USER", "uſer", "User", "usér", "\x00", "client"} {
		f.Add(key, "user_id", "secrets")
		f.Add("x", key, "Secrets")
	}
	f.Fuzz(func(t *testing.T, top, below, other string) {
		body, err := json.Marshal(map[string]any{
			"user": map[string]any{"user_id": "right", below: "wrong"}, top: map[string]any{"user_id": "wrong"}, other: map[string]string{"A": "wrong"},
		})
		if err != nil {
			t.Skip()
		}
		about, found := proto.CheckEvent(trigger, body)
		var reader struct {
			User    struct{ User_Id string }
			Secrets map[string]string
		}
		if len(found) > 0 || json.Unmarshal(body, &reader) != nil {
			t.Skip()
		}
		if reader.User.User_Id != about.UserID {
			t.Errorf("%s: the host reads %q, the reader %q", body, about.UserID, reader.User.User_Id)
		}
		if reader.Secrets != nil && other != "secrets" && top != "secrets" {
			t.Errorf("%s: the reader sees secrets", body)
		}
	})
}

func TestCheckEventFindsACaseVariantAmongManyKeys(t *testing.T) {
	t.Parallel()
	var keys strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&keys, `"k%d":1,`, i)
	}
	if _, found := proto.CheckEvent(trigger, []byte(with(keys.String()+`"z":1`))); found != nil {
		t.Errorf("found %v", found)
	}
	_, found := proto.CheckEvent(trigger, []byte(with(keys.String()+`"K4999":1`)))
	if len(found) != 1 || found[0].Pointer != "/K4999" {
		t.Errorf("found %v", found)
	}
}
