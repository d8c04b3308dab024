package deploycli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/desired"
)

// Import is the result of reading an export.
type Import struct {
	Setup desired.Setup

	// Misfits are the parts that are not imported, with the reason.
	Misfits []string

	// Notes are about imported parts that need attention.
	Notes []string
}

// Options are the choices for reading an export.
type Options struct {
	Keywords Keywords
	Modules  bool // also import actions that require shared modules: the host has them already
}

// Read reads an export at path: a YAML file, or a folder. Secrets without a
// value have an empty reference.
func Read(path string, o Options) (Import, error) {
	r := reader{keywords: o.Keywords}
	e, err := r.read(path)
	if err != nil {
		return Import{}, err
	}
	var i Import
	for _, a := range e.Actions {
		why := misfit(a)
		if why == "" && len(a.Modules) > 0 && !o.Modules {
			why = "it requires shared modules, which are not imported; create them on this host, then import again with --with-modules"
		}
		if why != "" {
			i.miss("action %q: %s", a.Name, why)
			continue
		}
		i.action(a)
	}
	i.bind(e.Triggers)
	for _, m := range e.Modules {
		i.miss("shared module %q: create it on this host with its secrets, and publish it", m.Name)
	}
	return i, nil
}

func (i *Import) miss(format string, args ...any) {
	i.Misfits = append(i.Misfits, fmt.Sprintf(format, args...))
}

func (i *Import) note(format string, args ...any) {
	i.Notes = append(i.Notes, fmt.Sprintf(format, args...))
}

var (
	nameForm    = regexp.MustCompile(`^[^\s\p{Cc}/-]([^\p{Cc}/]{0,126}[^\s\p{Cc}/])?$`)
	runtimeForm = regexp.MustCompile(`^node[0-9]+(-actions)?$`)
	markerForm  = regexp.MustCompile(`##[^#\s]+##|@@[^@\s]+@@`)
)

// misfit returns why an action can't be imported, "" when it can.
func misfit(a action) string {
	if a.Integration != "" {
		return "it is an integration of Auth0's marketplace, whose code Auth0 keeps"
	}
	version, why := "", "it has no trigger"
	for _, t := range a.Triggers {
		if host.Trigger(t.ID).Valid() {
			version, why = t.Version, ""
			break
		}
		why = fmt.Sprintf("its trigger is %s; this host serves %s", t.ID, host.TriggerNames())
	}
	switch {
	case why != "":
		return why
	case version == "v1":
		return "it is for version v1 of its trigger, whose handlers get (event, context); change it to v2 first"
	case !nameForm.MatchString(a.Name):
		return "its name is not valid here: it has a '/' or a control character, begins with '-', begins or ends with a space, or has more than 128 characters"
	case a.Runtime != "" && !runtimeForm.MatchString(a.Runtime):
		return fmt.Sprintf("its runtime %s is not one of Node.js", a.Runtime)
	case strings.TrimSpace(a.Code) == "":
		return "it has no code"
	}
	return ""
}

// triggerOf returns the trigger of an action that fits.
func triggerOf(a action) host.Trigger {
	for _, t := range a.Triggers {
		if host.Trigger(t.ID).Valid() {
			return host.Trigger(t.ID)
		}
	}
	return ""
}

// action imports an action that fits.
func (i *Import) action(a action) {
	source := host.Source{Runtime: cmp.Or(a.Runtime, host.RuntimeNode), Code: a.Code}
	for _, d := range a.Dependencies {
		source.Dependencies = append(source.Dependencies, host.Dependency(d))
	}
	for _, m := range a.Modules {
		source.SharedModules = append(source.SharedModules, host.SharedModuleRef{Name: m.Name, Number: m.Number})
		i.note("action %q requires the shared module %q, which this host must have", a.Name, m.Name)
	}
	for _, marker := range unique(markerForm.FindAllString(a.Code, -1)) {
		i.note("action %q: its code has the marker %s; give its value with --replace %s=VALUE", a.Name, marker, strings.Trim(marker, "#@"))
	}
	out := desired.Action{
		Name: a.Name, Trigger: triggerOf(a), Source: &source,
		Secrets: i.secrets(a), Undeployed: a.Deployed != nil && !*a.Deployed,
	}
	if out.Undeployed {
		i.note("action %q: its code was not deployed when it was exported, and is not deployed here", a.Name)
	}
	i.Setup.Actions = append(i.Setup.Actions, out)
}

func unique(words []string) []string {
	slices.Sort(words)
	return slices.Compact(words)
}

// secrets imports the names, and the values that are known.
func (i *Import) secrets(a action) map[string]desired.Reference {
	out := map[string]desired.Reference{}
	var list []secret
	if len(a.Secrets) > 0 && json.Unmarshal(a.Secrets, &list) != nil {
		i.note("action %q: its secrets are %s, without their names; set them by hand: usher secrets set", a.Name, a.Secrets)
	}
	for _, s := range list {
		reference := desired.Reference{}
		if s.Value != "" && s.Value != hiddenValue && !markerForm.MatchString(s.Value) {
			reference.Value = &s.Value
		}
		out[s.Name] = reference
	}
	return out
}

// hiddenValue is written by the tool for a value that it does not show.
const hiddenValue = "_VALUE_NOT_SHOWN_"

// bind imports the order of the triggers that this host serves.
func (i *Import) bind(triggers map[string][]binding) {
	for _, trigger := range slices.Sorted(maps.Keys(triggers)) {
		if !host.Trigger(trigger).Valid() {
			if n := len(triggers[trigger]); n > 0 {
				i.miss("the order of trigger %s (%d): this host serves %s", trigger, n, host.TriggerNames())
			}
			continue
		}
		var order []desired.Binding
		for _, b := range triggers[trigger] {
			if !slices.ContainsFunc(i.Setup.Actions, func(a desired.Action) bool { return a.Name == b.ActionName }) {
				i.miss("the binding of %q to %s: the action is not imported", b.ActionName, trigger)
				continue
			}
			name := b.DisplayName
			if name == b.ActionName {
				name = ""
			}
			order = append(order, desired.Binding{Action: b.ActionName, DisplayName: name, KeepSettings: true})
		}
		i.Setup.Bindings = map[host.Trigger][]desired.Binding{host.Trigger(trigger): order}
	}
}
