package desired

import (
	"cmp"
	"errors"
	"slices"

	"github.com/usherhost/usher/host"
)

// actionFile is the file of one action, and what is compared of two.
type actionFile struct {
	Name          string            `json:"name"`
	Trigger       host.Trigger      `json:"trigger"`
	Description   string            `json:"description,omitempty"`
	Runtime       string            `json:"runtime,omitempty"`
	Code          string            `json:"code,omitempty"` // path from the file
	Dependencies  []host.Dependency `json:"dependencies,omitempty"`
	SharedModules []sharedModuleUse `json:"modules,omitempty"` // as Auth0 calls them
	Module        string            `json:"module,omitempty"`  // path from the file; a digest where two are compared
	Reads         []string          `json:"reads,omitempty"`   // secrets that the module declares
	Settings      host.Settings     `json:"settings,omitzero"`
	Secrets       map[string]string `json:"secrets,omitempty"`
	Deployed      *bool             `json:"deployed,omitempty"` // default true
}

// sharedModuleUse is a shared module that a source requires.
type sharedModuleUse struct {
	Name    string `json:"name"`
	Version int    `json:"version,omitempty"` // 0 is the latest
}

// DefaultRuntime is that of a source whose file names none.
const DefaultRuntime = "node22"

// describe makes the file of an action, with the paths of its code and module.
func describe(a Action, code, module string) actionFile {
	f := actionFile{Name: a.Name, Trigger: a.Trigger, Secrets: map[string]string{}}
	for name, reference := range a.Secrets {
		f.Secrets[name] = reference.String()
	}
	if a.Undeployed {
		f.Deployed = new(bool)
	}
	switch {
	case a.Source != nil:
		f.Runtime, f.Code, f.Dependencies = a.Source.Runtime, code, a.Source.Dependencies
		for _, l := range a.Source.SharedModules {
			f.SharedModules = append(f.SharedModules, sharedModuleUse{l.Name, l.Number})
		}
	case a.Digest != "":
		f.Module, f.Description = module, a.Manifest.Description
		f.Reads, f.Settings = a.Manifest.Secrets, a.Manifest.Settings
	}
	return f
}

// action makes an action of its file, without its code and module.
func (f actionFile) action(path string) (Action, error) {
	a := Action{Name: f.Name, Trigger: cmp.Or(f.Trigger, host.PostUserRegistration), Secrets: map[string]Reference{}}
	if err := f.check(path, a.Trigger); err != nil {
		return a, err
	}
	for name, text := range f.Secrets {
		reference, err := ParseReference(text)
		if e, ok := errors.AsType[*host.Error](err); ok {
			return a, &host.Error{Code: e.Code, Text: path + ": secret " + name + ": " + e.Text, Hint: e.Hint}
		}
		a.Secrets[name] = reference
	}
	a.Undeployed = f.Deployed != nil && !*f.Deployed
	switch {
	case f.Code != "":
		a.Source = &host.Source{Runtime: cmp.Or(f.Runtime, DefaultRuntime), Dependencies: f.Dependencies}
		for _, l := range f.SharedModules {
			a.Source.SharedModules = append(a.Source.SharedModules, host.SharedModuleRef{Name: l.Name, Number: l.Version})
		}
	case f.Module != "":
		a.Manifest = host.Manifest{Description: f.Description, Settings: f.Settings, Secrets: f.Reads}
	default:
		a.Undeployed = true
	}
	return a, nil
}

func (f actionFile) check(path string, trigger host.Trigger) error {
	ofSource := f.Runtime != "" || len(f.Dependencies) > 0 || len(f.SharedModules) > 0
	ofModule := len(f.Reads) > 0 || !f.Settings.IsZero()
	switch {
	case f.Name == "":
		return wrong(path, 0, "name is missing")
	case !trigger.Valid():
		return wrong(path, 0, "unknown trigger "+string(trigger)+"; this version serves "+string(host.PostUserRegistration))
	case f.Code != "" && f.Module != "":
		return wrong(path, 0, "an action has code or a module, not both")
	case f.Code == "" && ofSource:
		return wrong(path, 0, "runtime, dependencies and modules are for an action with code")
	case f.Module == "" && ofModule:
		return wrong(path, 0, "settings and reads are for an action with a module; "+BindingsFile+" has the settings of others")
	}
	if err := f.Settings.Check("/settings"); err != nil {
		return wrong(path, 0, err.Error())
	}
	return nil
}

// byName sorts actions.
func byName(actions []Action) {
	slices.SortFunc(actions, func(a, b Action) int { return cmp.Compare(a.Name, b.Name) })
}
