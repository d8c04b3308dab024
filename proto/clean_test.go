package proto_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/usherhost/usher/proto"
)

func TestCleanEventDropsPasswords(t *testing.T) {
	t.Parallel()
	for _, key := range []string{
		"password", "Password", "PASSWORD", "ulp-password", "new_password", "newPassword", "password_confirmation", "rePassWord", "passwd",
		"user.pwd", "pw", "confirmPass", "new-pass", "pass", "Contraseña", "contrasen\u0303a", "Paßwort_Passwort", "Mot de passe", "hasło",
		`p\u0061ssword`,
	} {
		body := `{"user":{"email":"a@b.example"},"request":{"ip":"::1","geoip":{},"query":{"` + key + `":"hunter2"},"body":{"name":"Ada","deep":[1,{"x":{"` + key + `":{"value":"hunter2"}}}],"` + key + `" : "hunter2" , "last":[]}}}`
		got := proto.CleanEvent([]byte(body), proto.NewPasswordKeys(proto.DefaultPasswordKeys))
		if strings.Contains(string(got), "hunter2") {
			t.Errorf("%s stays: %s", key, got)
		}
		var event struct{ Request struct{ Body map[string]any } }
		if err := json.Unmarshal(got, &event); err != nil {
			t.Fatalf("%s: %v in %s", key, err, got)
		}
		if len(event.Request.Body) != 3 || event.Request.Body["name"] != "Ada" {
			t.Errorf("%s: left are %v", key, event.Request.Body)
		}
	}
}

func TestCleanEventKeepsTheRest(t *testing.T) {
	t.Parallel()
	body := `{"user":{"user_metadata":{"password_hint":"x"}},"connection":{"metadata":{"password_policy":"good"}},` +
		`"request":{"body":{"passport":"C01X","compass":"N","company":"pw inc","password2fa":1},"geoip":{"cityName":"Bellevue"}}}`
	want := strings.Replace(body, `,"password2fa":1`, "", 1)
	if got := proto.CleanEvent([]byte(body), proto.NewPasswordKeys(proto.DefaultPasswordKeys)); string(got) != want {
		t.Errorf("got %s", got)
	}
	same := []byte(want)
	if got := proto.CleanEvent(same, proto.NewPasswordKeys(proto.DefaultPasswordKeys)); &got[0] != &same[0] {
		t.Error("an event with nothing to drop is copied")
	}
}

func TestCleanEventFillsInEmptyObjects(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"request":{}}`: `{"request":{"body":{},"geoip":{}}}`,
		`{"request": {"ip" : "::1", "geoip" : null } }`:    `{"request":{"ip":"::1","body":{},"geoip":{}}}`,
		`{"a":1,"request":{"body":null}}`:                  `{"a":1,"request":{"body":{},"geoip":{}}}`,
		`{"request":{"geoip":{}}}`:                         `{"request":{"geoip":{},"body":{}}}`,
		`{"request":{"body":{"password":"x"},"geoip":{}}}`: `{"request":{"body":{},"geoip":{}}}`,
	} {
		if got := proto.CleanEvent([]byte(body), proto.NewPasswordKeys(proto.DefaultPasswordKeys)); string(got) != want {
			t.Errorf("%s became %s, want %s", body, got, want)
		}
	}
}

func TestCleanEventTakesOtherWords(t *testing.T) {
	t.Parallel()
	body := []byte(`{"request":{"body":{"ulp-nip":"x","password":"y","pin_code":"z"},"geoip":{}}}`)
	if got := string(proto.CleanEvent(body, proto.NewPasswordKeys([]string{"NIP", "pin", "5"}))); got != `{"request":{"body":{"password":"y"},"geoip":{}}}` {
		t.Error(got)
	}
}

func TestDropPasswordsLooksInEveryRequest(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ body, want string }{
		"an event":    {`{"user":{"password":1},"request":{"body":{"password":"x","name":"Ada"}}}`, `{"user":{"password":1},"request":{"body":{"name":"Ada"}}}`},
		"a batch":     {`[{"request":{"pw":"x"}},[],{"request":[{"pwd":1,"a":2}]}]`, `[{"request":{}},[],{"request":[{"a":2}]}]`},
		"an envelope": {`{"specversion":"1.0","data":{"request":{"body":{"a":1,"newPassword":"x"}}}}`, `{"specversion":"1.0","data":{"request":{"body":{"a":1}}}}`},
		"no password": {` { "request" : { "body" : { } } } `, ` { "request" : { "body" : { } } } `},
		"no JSON":     {`{"request":{"password":"x"`, `{"request":{"password":"x"`},
		"too deep":    {strings.Repeat("[", 1e6), strings.Repeat("[", 1e6)},
		"a string":    {`"password"`, `"password"`},
	} {
		if got := string(proto.DropPasswords([]byte(tt.body), proto.NewPasswordKeys(proto.DefaultPasswordKeys))); got != tt.want {
			t.Errorf("%s: got %.200s, want %.200s", name, got, tt.want)
		}
	}
}
