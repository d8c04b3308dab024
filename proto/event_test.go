package proto_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/usherhost/usher/proto"
	usherv1 "github.com/usherhost/usher/proto/usher/v1"
)

const trigger = "post-user-registration"

func TestSampleEventsFitTheContract(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		file string
		want proto.Registration
	}{
		{"database.json", proto.Registration{Tenant: "north-prod", UserID: "auth0|66f2c1a09b7d4e5f8a1b2c3d"}},
		{"passwordless-sms.json", proto.Registration{Tenant: "north-prod", UserID: "sms|66f2c1e58c3d1a2b4f5e6d7c"}},
		{"management-api.json", proto.Registration{Tenant: "north-prod", UserID: "auth0|66f2c2480d9e8f7a6b5c4d3e"}},
		{"everything.json", proto.Registration{Tenant: "north-prod", UserID: "auth0|66f2c1a09b7d4e5f8a1b2c3d"}},
		{"least.json", proto.Registration{UserID: "auth0|1"}},
	} {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			got, found := proto.CheckEvent(trigger, read(t, tt.file))
			if found != nil {
				t.Fatal(found)
			}
			if got != tt.want {
				t.Errorf("read %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestSampleEventsFitTheMessage(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		var event usherv1.PostUserRegistrationEvent
		lenient := protojson.UnmarshalOptions{DiscardUnknown: true}
		if err := lenient.Unmarshal(read(t, filepath.Base(file)), &event); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		if event.GetUser().GetUserId() == "" {
			t.Errorf("%s: the message has no user id", file)
		}
	}
}

func TestCheckEventReportsEachViolationWithItsPointer(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		body string
		want []proto.Violation
	}{
		{"a user id that is missing", `{"user":{}}`, []proto.Violation{{"/user/user_id", "is required"}}},
		{"a user that is missing", `{}`, []proto.Violation{{"/user", "is required"}}},
		{"a user id that is empty", `{"user":{"user_id":""}}`, []proto.Violation{{"/user/user_id", "must not be empty"}}},
		{"a user id that is too long", event(`"user_id":"` + strings.Repeat("é", 1025) + `"`), []proto.Violation{
			{"/user/user_id", "must have at most 1024 characters, has 1025"},
		}},
		{"a user id that is a number", event(`"user_id":7`), []proto.Violation{{"/user/user_id", "must be a string, is a number"}}},
		{"a user id that forges a row", event(`"user_id":"a\nb"`), []proto.Violation{
			{"/user/user_id", "must have no control or invisible characters, but has U+000A"},
		}},
		{"a tenant that turns text around", `{"user":{"user_id":"a"},"tenant":{"id":"t\u202e"}}`, []proto.Violation{
			{"/tenant/id", "must have no control or invisible characters, but has U+202E"},
		}},
		{"a user that is an array", `{"user":["auth0|1"]}`, []proto.Violation{{"/user", "must be an object, is an array"}}},
		{"several things at once, in order", event(`"user_id":"a","email":1,"email_verified":"yes","app_metadata":[]`), []proto.Violation{
			{"/user/app_metadata", "must be an object, is an array"},
			{"/user/email", "must be a string, is a number"},
			{"/user/email_verified", "must be a boolean, is a string"},
		}},
		{"null where a value must be", event(`"user_id":null`), []proto.Violation{{"/user/user_id", "must be a string, is null"}}},
		{"null where an object must be", `{"user":null}`, []proto.Violation{{"/user", "must be an object, is null"}}},
		{"null in a list", with(`"transaction":{"prompt":["login",null]}`), []proto.Violation{
			{"/transaction/prompt/1", "must be a string, is null"},
		}},
		{"null for a key spelled another way", with(`"request":{"User_Agent":null}`), []proto.Violation{
			{"/request/User_Agent", `is not part of the contract; did you mean "user_agent"?`},
		}},
		{"an element of an array", with(`"transaction":{"prompt":["login",3]}`), []proto.Violation{
			{"/transaction/prompt/1", "must be a string, is a number"},
		}},
		{"a value of a dictionary", with(`"secrets":{"A/B~C":1}`), []proto.Violation{
			{"/secrets/A~1B~0C", "must be a string, is a number"},
		}},
		{"a number that is a string", with(`"request":{"geoip":{"latitude":"52"}}`), []proto.Violation{
			{"/request/geoip/latitude", "must be a number, is a string"},
		}},
		{"what may be null and is neither", with(`"experiment":"b"`), []proto.Violation{
			{"/experiment", "must be an object or null, is a string"},
		}},
		{"what is below something that may be null", with(`"security_context":{"ja3":1,"ja5":"x"}`), []proto.Violation{
			{"/security_context/ja3", "must be a string, is a number"},
		}},
		{"a key spelled another way", with(`"request":{"User_Agent":"curl"}`), []proto.Violation{
			{"/request/User_Agent", `is not part of the contract; did you mean "user_agent"?`},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			checkFails(t, tt.body, tt.want)
		})
	}
}

func TestCheckEventReportsInvalidJSON(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, body, pointer, detail string }{
		{"nothing", "", "", "is not JSON: ends where a value should be at line 1, column 1 (byte 0)"},
		{"words", "hello", "", `is not JSON: has "h" where a value should be at line 1, column 1 (byte 0)`},
		{"a document that ends early", `{"user":`, "", "is not JSON: ends where a value should be at line 1, column 9 (byte 8)"},
		{"a comma too many", "{\n  \"user\": {},\n}", "", `is not JSON: has "}" where a key in double quotes should be at line 3, column 1 (byte 16)`},
		{"a second document", `{} {}`, "", `is not JSON: has "{" after the end of the document at line 1, column 4 (byte 3)`},
		{"a byte order mark", "\xef\xbb\xbf{}", "", "is not JSON: has U+FEFF where a value should be at line 1, column 1 (byte 0)"},
		{"bytes that are not UTF-8", "{\"a\":\"\xff\"}", "", "is not JSON: is not UTF-8 at line 1, column 7 (byte 6)"},
		{"half a surrogate pair", `{"a":"\ud83d"}`, "", "is not JSON: has half a surrogate pair in a string at line 1, column 7 (byte 6)"},
		{"a line break in a string", "{\"a\":\"\n\"}", "", "is not JSON: has a control character in a string; write it as an escape at line 1, column 7 (byte 6)"},
		{"a key given twice", `{"user":{"user_id":"a"},"user":{"user_id":"b"}}`, "/user", "is given twice at line 1, column 25 (byte 24)"},
		{"a key given twice further down", `{"user":{"user_id":"a","a/b":[{},{"x":1,"\u0078":2}]}}`, "/user/a~1b/1/x", "is given twice at line 1, column 41 (byte 40)"},
		{"deep nesting", strings.Repeat("[", 100_000), "", "is not JSON: is nested deeper than 128 levels at line 1, column 129 (byte 128)"},
		{"an array of events", `[{"user":{"user_id":"a"}}]`, "", "must be an object, is an array"},
		{"a string", `"user"`, "", "must be an object, is a string"},
		{"null", `null`, "", "must be an object, is null"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			checkFails(t, tt.body, []proto.Violation{{tt.pointer, tt.detail}})
		})
	}
}

func TestCheckEventLetsThroughWhatTheContractLeavesOpen(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, body string }{
		{"keys of the event", with(`"client":{"client_id":"a"}`)},
		{"keys of the user", event(`"user_id":"a","identities":[null]`)},
		{"keys of the transaction", with(`"transaction":{"organization":1}`)},
		{"a query and a body", with(`"request":{"query":{"client_id":"a","Client_ID":["b"]},"body":{"email":"a@b.example","ulp-plan":"x"}}`)},
		{"a query that is null", with(`"request":{"query":null,"body":[]}`)},
		{"methods of the authentication", with(`"authentication":{"methods":[{"name":"mfa","timestamp":"2024-01-01T00:00:00Z"}],"riskAssessment":{"confidence":"low"}}`)},
		{"keys of the connection and the tenant", with(`"connection":{"options":{}},"tenant":{"region":"eu"},"custom_domain":{"x":1},"security_context":{"ja5":"x"}`)},
		{"keys far down", with(`"authentication":{"riskAssessment":{"supplemental":{"akamai":{"akamaiUserRisk":{"requestId":"1"}}}}}`)},
		{"keys of the place", with(`"request":{"geoip":{"asn":1136}}`)},
		{"values of a known set that are new", with(`"transaction":{"protocol":"oauth3","response_type":["badge"]}`)},
		{"null for what may be missing", with(`"tenant":null,"request":{"geoip":null,"ip":null},"transaction":{"prompt":null,"state":null}`)},
		{"null for what may be missing in the user", event(`"user_id":"a","email":null,"phone_number":null,"email_verified":null,"app_metadata":null`)},
		{"null in a dictionary", with(`"connection":{"metadata":{"plan":null}},"secrets":{"A":null}`)},
		{"keys that differ in case far down", event(`"user_id":"a","user_metadata":{"User_Id":1,"user_id":2,"a":1,"A":2}`)},
		{"null for what may be null", with(`"experiment":null,"security_context":null`)},
		{"anything in metadata", event(`"user_id":"a","user_metadata":{"a":[1,{"b":null}]}`)},
		{"a number too large for a double", with(`"request":{"geoip":{"latitude":1e999999999}}`)},
		{"a user id of 1024 characters", event(`"user_id":"` + strings.Repeat("é", 1024) + `"`)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, found := proto.CheckEvent(trigger, []byte(tt.body)); found != nil {
				t.Error(found)
			}
		})
	}
}

func TestCheckEventKnowsNoOtherTrigger(t *testing.T) {
	t.Parallel()
	_, found := proto.CheckEvent("post-login", []byte(`{}`))
	want := []proto.Violation{{"", `no event of a trigger "post-login" is known, only of post-user-registration, pre-user-registration`}}
	if !reflect.DeepEqual(found, want) {
		t.Errorf("found %v, want %v", found, want)
	}
}

func TestCheckEventBoundsTheViolations(t *testing.T) {
	t.Parallel()
	body := with(`"transaction":{"prompt":[` + strings.Repeat("1,", 999) + `1]}`)
	_, found := proto.CheckEvent(trigger, []byte(body))
	if len(found) != proto.MaxViolations {
		t.Fatalf("reported %d violations, want %d", len(found), proto.MaxViolations)
	}
	if last := found[len(found)-1]; last.Detail != "has 981 more faults" {
		t.Errorf("the last one says %q", last.Detail)
	}
}

func FuzzCheckEvent(f *testing.F) {
	for _, seed := range []string{`{"user":{"user_id":"a"}}`, `{"user":{"user_id":""},"experiment":3}`, `[`, `{"a":1,"a":2}`, "\xff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, found := proto.CheckEvent(trigger, body)
		if len(found) == 0 && (got.UserID == "" || utf8.RuneCountInString(got.UserID) > 1024) {
			t.Errorf("let through the user id %q", got.UserID)
		}
		for _, v := range found {
			if v.Detail == "" || v.Pointer != "" && v.Pointer[0] != '/' {
				t.Errorf("reported %+v", v)
			}
		}
	})
}

func checkFails(t *testing.T, body string, want []proto.Violation) {
	t.Helper()
	got, found := proto.CheckEvent(trigger, []byte(body))
	if !reflect.DeepEqual(found, want) {
		t.Errorf("found\n\t%q\nwant\n\t%q", found, want)
	}
	if got != (proto.Registration{}) {
		t.Errorf("read %+v from an event that doesn't fit", got)
	}
}

// event returns an event of a user with these fields.
func event(fields string) string { return `{"user":{` + fields + `}}` }

// with returns an event with these fields beside its user.
func with(fields string) string { return `{"user":{"user_id":"a"},` + fields + `}` }

func read(tb testing.TB, file string) []byte {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		tb.Fatal(err)
	}
	return text
}
