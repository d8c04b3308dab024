package proto_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/usherhost/usher/host"
	usherv1 "github.com/usherhost/usher/proto/usher/v1"
)

// The message and package host describe a run with the same keys: neither has one
// that the other lacks.
func TestResultsHaveTheKeysOfTheMessage(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 20, 10, 11, 123_000_000, time.UTC)
	full := host.Result{
		ExecutionID: "exe_1", Step: 1, Attempt: 2, BindingID: "bnd_1", ActionID: "act_1", Action: "notify", VersionID: "ver_1", Number: 3,
		Succeeded: true, DeadLetter: true, Fault: host.FaultLimit, Limit: "output_bytes",
		Error:  &host.ResultError{Name: "Error", Message: "m", Code: "c", Hint: "h", Stack: "s"},
		Output: []byte("{}"),
		Logs:   []host.Log{{At: at, Level: "info", Message: "m"}}, LogsCut: true,
		Calls:     []host.CallNote{{Ordinal: 1, Function: "f", Target: "t", Status: 200, Bytes: 1, Proxy: "p", Error: "e", TookMicros: 1}},
		Stats:     host.Stats{TotalMicros: 1, StartMicros: 1, HostMicros: 1, MemoryBytes: 1, HostCalls: 1, HTTPRequests: 1, Fuel: 1, Isolation: host.IsolationReset},
		StartedAt: at, EndedAt: at, RetryAfterMillis: 1, NonRetryable: true,
		Commands: []host.Command{{
			Type: host.CommandDeny, Reason: "r", UserMessage: "u", Code: "c", Message: "m", Key: "k", Value: json.RawMessage(`"v"`), UserID: "i",
		}},
	}
	text, err := json.Marshal(full)
	if err != nil {
		t.Fatal(err)
	}
	var result usherv1.Result
	if err := protojson.Unmarshal(text, &result); err != nil {
		t.Fatal(err)
	}
	wantAllSet(t, result.ProtoReflect())
	if keysOf(reflect.TypeOf(full)) != result.ProtoReflect().Descriptor().Fields().Len() {
		t.Error("package host and the message have another number of fields")
	}
}

// keysOf counts the fields of a struct that its JSON has.
func keysOf(t reflect.Type) int {
	n := 0
	for f := range t.Fields() {
		if f.Tag.Get("json") != "-" {
			n++
		}
	}
	return n
}

func wantAllSet(t *testing.T, m protoreflect.Message) {
	t.Helper()
	for i := range m.Descriptor().Fields().Len() {
		f := m.Descriptor().Fields().Get(i)
		switch {
		case !m.Has(f):
			t.Errorf("%s is in the message only", f.FullName())
		case f.IsList() && f.Message() != nil:
			wantAllSet(t, m.Get(f).List().Get(0).Message())
		case f.Message() != nil && f.Message().ParentFile().Package() == "usher.v1":
			wantAllSet(t, m.Get(f).Message())
		}
	}
}
