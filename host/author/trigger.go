package author

import (
	"fmt"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/desired"
	"github.com/usherhost/usher/host/wasmbin"
)

const triggerUsage = "trigger of the action (default: the one whose handler it exports)"

// chosenTrigger returns the trigger that an action is for: the one that the flag or its
// action.yaml names, or else the one whose handler its module exports.
func chosenTrigger(wasm []byte, flag string, file *desired.File) (host.Trigger, error) {
	named := host.Trigger(flag)
	if named == "" && file != nil && file.NamesTrigger {
		named = file.Trigger
	}
	if named != "" && !named.Valid() {
		return "", term.UsageError{Err: fmt.Errorf("unknown trigger %q", named), Hint: term.DidYouMean(string(named), strings.Split(host.TriggerNames(), ", "), "it is one of "+host.TriggerNames())}
	}
	outline, err := wasmbin.Parse(wasm)
	if err != nil {
		return firstOf(named), nil //nolint:nilerr // what is wrong with it is reported when it is inspected
	}
	var exports []string
	for _, e := range outline.Exports {
		exports = append(exports, e.Name)
	}
	served := host.TriggersOf(exports)
	switch {
	case len(served) == 0:
		return firstOf(named), nil
	case named == "" && len(served) == 1:
		return served[0], nil
	case named == "":
		return "", term.UsageError{
			Err:  fmt.Errorf("the action exports the handlers of %d triggers: %s", len(served), joined(served)),
			Hint: "name the one that you mean: --trigger " + string(served[0]),
		}
	}
	for _, t := range served {
		if t == named {
			return t, nil
		}
	}
	return "", &host.Error{
		Code: host.Refused,
		Text: fmt.Sprintf("the action is for %s and does not export %s: it exports %s; bind it to %s", named, named.Entry(), served[0].Entry(), served[0]),
		Hint: "export the other handler, or change the trigger: 'trigger: " + string(served[0]) + "' in " + desired.FileName,
	}
}

// firstOf returns the named trigger, or the first of all.
func firstOf(named host.Trigger) host.Trigger {
	if named != "" {
		return named
	}
	return host.Triggers()[0]
}

func joined(triggers []host.Trigger) string {
	names := make([]string, len(triggers))
	for i, t := range triggers {
		names[i] = string(t)
	}
	return strings.Join(names, ", ")
}
