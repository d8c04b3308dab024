package desired

import (
	"fmt"

	"github.com/usherhost/usher/host"
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

// listed has an empty list for a trigger that runs nothing.
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
	if err := decode(path, data, &bindings); err != nil {
		return nil, err
	}
	for trigger, list := range bindings {
		if err := checkBindings(path, trigger, list); err != nil {
			return nil, err
		}
	}
	return listed(bindings), nil
}

func checkBindings(path string, trigger host.Trigger, list []Binding) error {
	if !trigger.Valid() {
		return wrong(path, 0, fmt.Sprintf("unknown trigger %q; this version serves %s", trigger, host.PostUserRegistration))
	}
	seen := map[string]bool{}
	for i, b := range list {
		at := fmt.Sprintf("/%s/%d", trigger, i)
		switch {
		case b.Action == "":
			return wrong(path, 0, at+": action is missing")
		case seen[b.Action]:
			return wrong(path, 0, fmt.Sprintf("%s: %s is bound twice", at, b.Action))
		}
		seen[b.Action] = true
		if err := b.Settings.Check(at + "/settings"); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}
