package desired

import (
	"fmt"
	"maps"
	"slices"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/files"
)

// BindingsFile is the name of the file with the order of each trigger.
const BindingsFile = "bindings.yaml"

// EncodeBindings writes the order of each trigger.
func EncodeBindings(bindings map[host.Trigger][]Binding) ([]byte, error) {
	text, err := encode(listed(bindings))
	if err != nil {
		return nil, fmt.Errorf("write the bindings: %w", err)
	}
	return text, nil
}

// listed replaces nil with an empty list, which is written.
func listed(bindings map[host.Trigger][]Binding) map[host.Trigger][]Binding {
	out := map[host.Trigger][]Binding{}
	for trigger, list := range bindings {
		out[trigger] = append([]Binding{}, list...)
	}
	return out
}

// DecodeBindings reads what [EncodeBindings] writes; path is for errors.
func DecodeBindings(path string, data []byte) (map[host.Trigger][]Binding, error) {
	var bindings map[host.Trigger][]Binding
	doc, err := files.Strict(path, data, &bindings)
	if err != nil {
		return nil, err
	}
	for _, trigger := range slices.Sorted(maps.Keys(bindings)) {
		if err := checkBindings(doc, trigger, bindings[trigger]); err != nil {
			return nil, err
		}
	}
	return listed(bindings), nil
}

func checkBindings(doc *files.Document, trigger host.Trigger, list []Binding) error {
	if !trigger.Valid() {
		return doc.Wrong("/"+string(trigger), fmt.Sprintf("unknown trigger %q", trigger), "this version serves "+host.TriggerNames())
	}
	seen := map[string]bool{}
	for i, b := range list {
		at := fmt.Sprintf("/%s/%d", trigger, i)
		switch {
		case b.Action == "":
			return doc.Wrong(at, "action is missing", "name the action that runs here")
		case seen[b.Action]:
			return doc.Wrong(at, fmt.Sprintf("%s is bound twice", b.Action), "")
		}
		seen[b.Action] = true
		if err := checkSettings(doc, at+"/settings", trigger, b.Settings); err != nil {
			return err
		}
	}
	return nil
}
