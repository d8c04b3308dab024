package main

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/pluginpb"

	usherv1 "github.com/usherhost/usher/proto/usher/v1"
)

const trigger = "post-user-registration"

// Descriptors that are compiled in have no comments, so the files are compared
// without what is made of them.
func TestSchemaIsThatOfTheMessage(t *testing.T) {
	t.Parallel()
	text, err := schemaOf(event(t), trigger)
	if err != nil {
		t.Fatal(err)
	}
	got, want := parse(t, text), parse(t, read(t, "../../schema/"+trigger+".json"))
	if !reflect.DeepEqual(withoutDescriptions(got), withoutDescriptions(want)) {
		t.Error("the schema is not that of the message; run: go generate ./proto")
	}
}

func TestTypesAreThoseOfTheMessage(t *testing.T) {
	t.Parallel()
	got, err := typesOf(event(t), trigger)
	if err != nil {
		t.Fatal(err)
	}
	if withoutComments(got) != withoutComments(read(t, "../../types/"+trigger+".d.ts")) {
		t.Error("the declaration is not that of the message; run: go generate ./proto")
	}
}

func TestEveryTypeOfAFileHasANameOfItsOwn(t *testing.T) {
	t.Parallel()
	messages, err := reachable(event(t))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, m := range messages {
		if seen[typeName(m)] {
			t.Errorf("two messages would be called %s", typeName(m))
		}
		seen[typeName(m)] = true
	}
}

func TestLongCommentsAreWrapped(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	writeComment(&out, "  ", strings.TrimSpace(strings.Repeat("word ", 20))+"\nSecond.")
	want := "  /**\n   *" + strings.Repeat(" word", 15) + "\n   *" + strings.Repeat(" word", 5) + "\n   *\n   * Second.\n   */\n"
	if out.String() != want {
		t.Errorf("wrote\n%s\nwant\n%s", out.String(), want)
	}
}

// event returns the message of the trigger's event as the plugin gets it.
func event(t *testing.T) *protogen.Message {
	t.Helper()
	request := &pluginpb.CodeGeneratorRequest{
		FileToGenerate: []string{"usher/v1/event.proto"},
		ProtoFile: []*descriptorpb.FileDescriptorProto{
			protodesc.ToFileDescriptorProto(descriptorpb.File_google_protobuf_descriptor_proto),
			protodesc.ToFileDescriptorProto(structpb.File_google_protobuf_struct_proto),
			protodesc.ToFileDescriptorProto(usherv1.File_usher_v1_options_proto),
			protodesc.ToFileDescriptorProto(usherv1.File_usher_v1_event_proto),
		},
	}
	plugin, err := protogen.Options{}.New(request)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range plugin.FilesByPath["usher/v1/event.proto"].Messages {
		if messageRules(m).GetTrigger() == trigger {
			return m
		}
	}
	t.Fatal("no message is the event of " + trigger)
	return nil
}

func withoutDescriptions(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if text, ok := v["description"].(string); ok && text != "" {
			delete(v, "description")
		}
		for key := range v {
			v[key] = withoutDescriptions(v[key])
		}
	case []any:
		for i := range v {
			v[i] = withoutDescriptions(v[i])
		}
	}
	return v
}

func withoutComments(text []byte) string {
	var kept []string
	for line := range strings.Lines(string(text)) {
		if start := strings.TrimSpace(line); start != "" && start[0] != '/' && start[0] != '*' {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}

func parse(t *testing.T, text []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
