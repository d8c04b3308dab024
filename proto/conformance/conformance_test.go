package conformance_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/usherhost/usher/proto"
	"github.com/usherhost/usher/proto/conformance"
)

func load(t *testing.T) []conformance.Vector {
	t.Helper()
	vectors, err := conformance.Load()
	if err != nil {
		t.Fatal(err)
	}
	return vectors
}

func TestVectorsHaveNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, v := range load(t) {
		if v.Name == "" || seen[v.Name] {
			t.Errorf("the name %q is missing or stands twice", v.Name)
		}
		seen[v.Name] = true
	}
}

func TestVectorsHaveEventsThatFitTheContract(t *testing.T) {
	t.Parallel()
	for _, v := range load(t) {
		if v.Name == "run: the host's secrets stand in the event, the sender's don't" {
			continue // its sender sends what the host must drop
		}
		if _, found := proto.CheckEvent(v.Trigger, v.Event); found != nil {
			t.Errorf("%s: %v", v.Name, found)
		}
	}
}

func TestVectorsMakeGuests(t *testing.T) {
	t.Parallel()
	for _, v := range load(t) {
		module, err := v.Module("onExecutePostUserRegistration")
		if err != nil {
			t.Errorf("%s: %v", v.Name, err)
		}
		if !bytes.HasPrefix(module, []byte("\x00asm\x01\x00\x00\x00")) {
			t.Errorf("%s: the guest is no module", v.Name)
		}
	}
}

// Functions that only pass memory around are called by every guest.
func TestVectorsCallEveryFunction(t *testing.T) {
	t.Parallel()
	called := []string{"output_length", "output_offset", "memory_bytes", "input_length"}
	for _, v := range load(t) {
		for _, c := range v.Calls {
			called = append(called, c.Function)
		}
	}
	for _, f := range proto.ABI() {
		if !slices.Contains(called, f.Name) {
			t.Errorf("no vector calls %s", f.Name)
		}
	}
}

func TestVectorsMeetEveryErrorOfUshersOwnFunctions(t *testing.T) {
	t.Parallel()
	met := map[string]bool{}
	for _, v := range load(t) {
		for _, c := range v.Calls {
			met[c.Function+" "+codeIn(c.Answer)] = true
		}
	}
	for _, f := range proto.ABI() {
		for _, e := range f.Errors {
			if slices.Contains(f.Namespaces, "usher:host/v1") && !met[f.Name+" "+e.Code] {
				t.Errorf("no vector makes %s answer %s", f.Name, e.Code)
			}
		}
	}
}

// codeIn returns the code of an error in an answer, "" when there is none. That
// of crypto_call is a name, in JSON after its length.
func codeIn(answer json.RawMessage) string {
	var framed string
	if json.Unmarshal(answer, &framed) == nil {
		var a struct{ Error struct{ Name string } }
		_ = json.Unmarshal([]byte(framed[min(4, len(framed)):]), &a)
		return a.Error.Name
	}
	var a struct {
		Code  string
		Error struct{ Code string }
	}
	_ = json.Unmarshal(answer, &a) // not every answer is an object
	return a.Code + a.Error.Code
}

func TestVectorsRepeatText(t *testing.T) {
	t.Parallel()
	for _, v := range load(t) {
		for _, c := range v.Calls {
			if slices.ContainsFunc(append(c.Args, c.Answer), func(raw json.RawMessage) bool {
				return bytes.Contains(raw, []byte("$repeat"))
			}) {
				t.Errorf("%s: %s is not written out", v.Name, c.Function)
			}
		}
	}
}

func TestCheckComparesAnswers(t *testing.T) {
	t.Parallel()
	number := func(n int64) conformance.Value { return conformance.Value{Number: &n} }
	text := func(s string) conformance.Value { return conformance.Value{Bytes: []byte(s)} }
	none := conformance.Value{None: true}
	window := conformance.Window{Start: time.UnixMilli(1000), End: time.UnixMilli(1010)}
	for _, tt := range []struct {
		want string
		got  conformance.Value
		fits bool
	}{
		{`null`, none, true},
		{`null`, text(""), false},
		{`"a"`, text("a"), true},
		{`"a"`, text("b"), false},
		{`"a"`, none, false},
		{`7`, number(7), true},
		{`7`, number(8), false},
		{`7`, text("7"), false},
		{`{"a":[1,"x",null]}`, text(`{"a":[1,"x",null]}`), true},
		{`{"a":[1]}`, text(`{"a":[1,2]}`), false},
		{`{"a":1}`, text(`{"a":1,"b":2}`), false},
		{`{"a":1}`, text(`{}`), false},
		{`{"a":1}`, text(`[]`), false},
		{`{"a":1}`, text(`{"a":1} {}`), false},
		{`{"a":1}`, text(`nonsense`), false},
		{`{"a":{"$string":true}}`, text(`{"a":"x"}`), true},
		{`{"a":{"$string":true}}`, text(`{"a":""}`), false},
		{`{"a":{"$number":true}}`, text(`{"a":1.5}`), true},
		{`{"a":{"$number":true}}`, text(`{"a":"1"}`), false},
		{`{"a":{"$after_ms":50}}`, text(`{"a":1049}`), false},
		{`{"a":{"$after_ms":50}}`, text(`{"a":1050}`), true},
		{`{"a":{"$after_ms":50}}`, text(`{"a":1060}`), true},
		{`{"a":{"$after_ms":50}}`, text(`{"a":1061}`), false},
		{`{"a":{"$after_ms":50}}`, text(`{"a":"1050"}`), false},
	} {
		err := conformance.Call{Function: "f", Answer: json.RawMessage(tt.want)}.Check(tt.got, window)
		if fits := err == nil; fits != tt.fits {
			t.Errorf("want %s, got %s: %v", tt.want, tt.got, err)
		}
	}
}

func TestArgumentsAreBlocksAndNumbers(t *testing.T) {
	t.Parallel()
	call := conformance.Call{Function: "f", Args: []json.RawMessage{
		[]byte(`"é"`), []byte(`{"a":1}`), []byte(`{"$base64":"AP8="}`), []byte(`null`), []byte(`-3`), []byte(`[1]`),
	}}
	got, err := call.Arguments()
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{`"é"`, `"{\"a\":1}"`, `"\x00\xff"`, "none", "-3", `"[1]"`} {
		if got[i].String() != want {
			t.Errorf("argument %d is %s, want %s", i, got[i], want)
		}
	}
}

func TestAnswersOfAnOutputThatEndsEarlyAreRefused(t *testing.T) {
	t.Parallel()
	v := conformance.Vector{Calls: []conformance.Call{{Function: "secret_get"}}}
	for _, output := range []string{"", "1234567", "\x02\x00\x00\x00\x00\x00\x00\x00a"} {
		if _, err := v.Answers([]byte(output)); err == nil {
			t.Errorf("%q was read", output)
		}
	}
}
