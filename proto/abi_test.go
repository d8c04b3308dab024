package proto_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/proto"
)

func TestABINamesEveryFunctionOnce(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, f := range proto.ABI() {
		if len(f.Namespaces) == 0 || f.Name == "" || f.Summary == "" {
			t.Errorf("%+v says too little", f)
		}
		for _, namespace := range f.Namespaces {
			if key := namespace + " " + f.Name; seen[key] {
				t.Errorf("%s stands twice", key)
			} else {
				seen[key] = true
			}
		}
		if len(f.Results) > 1 {
			t.Errorf("%s has several results", f.Name)
		}
		for _, v := range slices.Concat(f.Params, f.Results) {
			if v.Type != "i32" && v.Type != "i64" || v.Holds != "number" && v.Holds != "offset" || v.Name == "" {
				t.Errorf("%s: %+v", f.Name, v)
			}
			if v.Holds == "offset" && v.Type != "i64" {
				t.Errorf("%s: offset %s is no i64", f.Name, v.Name)
			}
		}
	}
}

func TestABINamesLimitsOfTheSettings(t *testing.T) {
	t.Parallel()
	known := limitNames(t)
	for _, f := range proto.ABI() {
		for _, limit := range f.Limits {
			if !slices.Contains(known, limit) {
				t.Errorf("%s: no limit is named %q, only %v", f.Name, limit, known)
			}
		}
	}
}

// limitNames returns the names of all limits, as the settings complain of them.
func limitNames(t *testing.T) []string {
	t.Helper()
	bad := host.Settings{Limits: host.Limits{
		TimeoutMillis: -1, MemoryBytes: -1, OutputBytes: -1, LogBytes: -1, RecordBytes: -1, HostCalls: -1,
		HTTPRequests: -1, RequestBytes: -1, ResponseBytes: -1, HTTPTimeoutMillis: -1,
	}}
	failed, ok := errors.AsType[*host.Error](bad.Check(""))
	if !ok {
		t.Fatal("limits below 0 are let through")
	}
	var names []string
	for _, f := range failed.Fields {
		names = append(names, strings.TrimPrefix(f.Pointer, "/limits/"))
	}
	return names
}

// Requests and answers that are messages have the message's name.
func TestABINamesMessagesOfTheContract(t *testing.T) {
	t.Parallel()
	for _, f := range proto.ABI() {
		for _, text := range []string{f.Request, f.Answer} {
			name, _, isMessage := strings.Cut(text, ", as JSON")
			if !isMessage || strings.Contains(name, " ") {
				continue
			}
			if _, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName("usher.v1." + name)); err != nil {
				t.Errorf("%s: no message is named %s", f.Name, name)
			}
		}
	}
}
