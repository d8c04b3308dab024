package conformance_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/usherhost/usher/proto"
	_ "github.com/usherhost/usher/proto/usher/v1"
)

// What passes between guests and host is what the messages say, no key more.
func TestVectorsSpeakInMessagesOfTheContract(t *testing.T) {
	t.Parallel()
	messages := map[string]proto.Function{}
	for _, f := range proto.ABI() {
		messages[f.Name] = f
	}
	checked := 0
	for _, v := range load(t) {
		for _, c := range v.Calls {
			f := messages[c.Function]
			checked += fitsMessage(t, v.Name, f.Answer, c.Answer)
			if code := codeIn(c.Answer); len(c.Args) == 1 && code != "invalid" && code != "FailedToSetCacheRecord" && code != "InvalidExpiry" {
				checked += fitsMessage(t, v.Name, f.Request, c.Args[0])
			}
		}
	}
	if checked < 50 {
		t.Errorf("only %d requests and answers were looked at", checked)
	}
}

// fitsMessage looks at document if it is JSON of the message that text names,
// and returns how many documents it looked at.
func fitsMessage(t *testing.T, vector, text string, document json.RawMessage) int {
	t.Helper()
	name, _, isMessage := strings.Cut(text, ", as JSON")
	if !isMessage || strings.Contains(name, " ") || !bytes.HasPrefix(document, []byte("{")) {
		return 0
	}
	kind, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName("usher.v1." + name))
	if err != nil {
		t.Fatal(err)
	}
	known := protojson.UnmarshalOptions{DiscardUnknown: name == "Input"} // an event may have other keys
	if err := known.Unmarshal(concrete(t, document), kind.New().Interface()); err != nil {
		t.Errorf("%s: %s is no %s: %v", vector, document, name, err)
	}
	return 1
}

// concrete puts values in the place of those that stand for any.
func concrete(t *testing.T, document json.RawMessage) []byte {
	t.Helper()
	var v any
	if err := json.Unmarshal(document, &v); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(replaced(v))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func replaced(v any) any {
	object, ok := v.(map[string]any)
	if !ok {
		return v
	}
	for key, value := range object {
		switch key {
		case "$string":
			return "text"
		case "$number", "$after_ms":
			return 1
		}
		object[key] = replaced(value)
	}
	return object
}
