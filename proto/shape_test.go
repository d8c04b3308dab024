package proto_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/usherhost/usher/proto"
)

// Every value of an event that has everything is replaced by one of every type,
// taken away, and given a neighbour: shape and schema must agree on all of it.
func TestShapeFitsWhatTheSchemaFits(t *testing.T) {
	t.Parallel()
	var event any
	if err := json.Unmarshal(read(t, "everything.json"), &event); err != nil {
		t.Fatal(err)
	}
	compared, fits := 0, 0
	agree := func(path string) {
		t.Helper()
		body, err := json.Marshal(event)
		if err != nil {
			t.Fatal(err)
		}
		shape, schema := proto.FitsShape(trigger, body), proto.FitsSchema(trigger, body)
		if shape != schema {
			t.Errorf("%s: shape says %t, schema says %t", path, shape, schema)
		}
		compared++
		if shape {
			fits++
		}
	}
	mutate(event, "", agree)
	if compared < 500 || fits < 50 || fits == compared {
		t.Errorf("compared %d events, of which %d fit: too few for the test", compared, fits)
	}
}

func mutate(v any, path string, agree func(path string)) {
	switch v := v.(type) {
	case map[string]any:
		v["neighbour"] = "new"
		agree(path + "/neighbour")
		delete(v, "neighbour")
		for _, key := range slices.Sorted(maps.Keys(v)) {
			value := v[key]
			delete(v, key)
			agree(path + "/" + key + " taken away")
			for _, other := range others() {
				v[key] = other
				agree(fmt.Sprintf("%s/%s = %v", path, key, other))
			}
			v[key] = value
			mutate(value, path+"/"+key, agree)
		}
	case []any:
		for i, value := range v {
			for _, other := range others() {
				v[i] = other
				agree(fmt.Sprintf("%s/%d = %v", path, i, other))
			}
			v[i] = value
			mutate(value, fmt.Sprint(path, "/", i), agree)
		}
	}
}

func others() []any {
	return []any{
		nil, true, json.Number("1.5"), "text", "",
		[]any{},
		[]any{"a"},
		[]any{json.Number("1")},
		map[string]any{},
		map[string]any{"a": "b"},
		map[string]any{"a": json.Number("1")},
	}
}
