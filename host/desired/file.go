package desired

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/files"
)

// FileName is the name of the file that makes a folder an action.
const FileName = "action.yaml"

// File is an action.yaml: what an action is called, what it is made of, and what
// it may do. Its JSON Schema is sdk/action.schema.json.
//
// An action has code or a module, or neither until it has a version. Code is one
// JavaScript file that the host builds. A module is a .wasm file, which the command
// Build may write, or a script that is bundled here with the files and packages
// that it imports.
type File struct {
	Name          string            `json:"name"`
	Trigger       host.Trigger      `json:"trigger,omitempty"` // default: post-user-registration
	Description   string            `json:"description,omitempty"`
	Code          string            `json:"code,omitempty"` // path in the folder
	Runtime       string            `json:"runtime,omitempty"`
	Dependencies  []host.Dependency `json:"dependencies,omitempty"`
	SharedModules []SharedModule    `json:"shared_modules,omitempty"`
	Module        string            `json:"module,omitempty"` // path in the folder
	Build         string            `json:"build,omitempty"`  // shell command, run in the folder
	Settings      host.Settings     `json:"settings,omitzero"`
	Secrets       Secrets           `json:"secrets,omitempty"`
	Reads         []string          `json:"reads,omitzero"`     // secrets that the module declares; default: all of Secrets
	Deployed      *bool             `json:"deployed,omitempty"` // default true

	// Dir is the folder that the file is in.
	Dir string `json:"-"`

	// NamesTrigger says that the file itself names its trigger.
	NamesTrigger bool `json:"-"`
}

// SharedModule is a version of a shared module that code requires.
type SharedModule struct {
	Name    string `json:"name"`
	Version int    `json:"version,omitempty"` // 0 is the latest
}

// Renamed implements [files.Renamer].
func (*File) Renamed() map[string]string {
	renamed := map[string]string{
		"allowed_hosts": "settings: {egress: {allow: […]}}", "egress_mode": "settings: {egress: {mode: …}}",
		"modules": "shared_modules", "libraries": "shared_modules",
	}
	for _, key := range []string{"limits", "retry", "on_failure", "checkpoint", "record", "isolation", "resume", "resume_max_age", "tape", "tape_body_bytes", "tape_max_age", "rate", "concurrency", "breaker", "config", "egress"} {
		renamed[key] = "it below settings"
	}
	return renamed
}

// ReadFile reads the action.yaml of a folder, which is [host.NotFound] without
// one.
func ReadFile(dir string) (*File, error) {
	folder, err := files.Open(dir)
	if err == nil {
		defer func() { _ = folder.Close() }()
		var data []byte
		if data, err = folder.Read(FileName, files.MaxText); err == nil {
			return parseIn(dir, data)
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &host.Error{
			Code: host.NotFound, Text: "no " + FileName + " in " + dir,
			Hint: "name the folder of an action", Fix: host.FixInitAction.With(),
		}
	}
	return nil, fmt.Errorf("read the action: %w", err)
}

func parseIn(dir string, data []byte) (*File, error) {
	f, err := ParseFile(filepath.Join(dir, FileName), data)
	if err != nil {
		return nil, err
	}
	f.Dir = dir
	return f, nil
}

// ParseFile reads an action.yaml strictly; path is for errors, which are Invalid
// [host.Error]s with file, line and column.
func ParseFile(path string, data []byte) (*File, error) {
	var f File
	doc, err := files.Strict(path, data, &f)
	if err != nil {
		return nil, err
	}
	f.NamesTrigger = f.Trigger != ""
	f.Trigger = cmp.Or(f.Trigger, host.PostUserRegistration)
	return &f, f.check(doc)
}

// check reports what is missing, contradictory or out of range.
func (f *File) check(doc *files.Document) error {
	switch {
	case f.Name == "":
		return doc.Wrong("", "name is missing", "add a line such as 'name: notify-slack'")
	case !f.Trigger.Valid():
		return doc.Wrong("/trigger", fmt.Sprintf("unknown trigger %q", f.Trigger), "this version serves "+host.TriggerNames())
	case f.Code != "" && f.Module != "":
		return doc.Wrong("/module", "an action has code or a module, not both", "")
	}
	if err := f.checkKeys(doc); err != nil {
		return err
	}
	for key, path := range map[string]string{"code": f.Code, "module": f.Module} {
		if path != "" && !filepath.IsLocal(filepath.FromSlash(path)) {
			return doc.Wrong("/"+key, fmt.Sprintf("%s is outside of the folder", path), "put the file beside "+FileName)
		}
	}
	return checkSettings(doc, "/settings", f.Trigger, f.Settings)
}

// checkKeys reports a key that is for another kind of action.
func (f *File) checkKeys(doc *files.Document) error {
	for _, r := range []struct {
		key, of string
		misfit  bool
	}{
		{"runtime", "code", f.Code == "" && f.Runtime != ""},
		{"dependencies", "code", f.Code == "" && len(f.Dependencies) > 0},
		{"shared_modules", "code", f.Code == "" && len(f.SharedModules) > 0},
		{"build", "a module", f.Module == "" && f.Build != ""},
		{"description", "a module", f.Code != "" && f.Description != ""},
		{"reads", "a module", f.Module == "" && len(f.Reads) > 0},
		{"settings", "a module", f.Module == "" && !f.Settings.IsZero()},
	} {
		if r.misfit {
			return doc.Wrong("/"+r.key, fmt.Sprintf("the key %q is for an action with %s", r.key, r.of), hintFor(r.key))
		}
	}
	return nil
}

func hintFor(key string) string {
	switch key {
	case "settings":
		return "the settings of other actions are in " + BindingsFile
	case "description", "reads", "build":
		return "leave it out, or make it an action with module: in the place of code:"
	default:
		return "leave it out, or make it an action with code: in the place of module:"
	}
}

// listIndex is the number of a list's item in a pointer.
var listIndex = regexp.MustCompile(`\.(\d+)\b`)

// checkSettings reports the first setting that is out of range, and all of them
// as fields.
func checkSettings(doc *files.Document, pointer string, t host.Trigger, s host.Settings) error {
	wrong, ok := errors.AsType[*host.Error](s.CheckFor(t, pointer))
	if !ok {
		return nil
	}
	detail := wrong.Text
	first := pointer
	if len(wrong.Fields) > 0 {
		first = wrong.Fields[0].Pointer
		detail = strings.TrimPrefix(listIndex.ReplaceAllString(strings.ReplaceAll(first, "/", "."), "[$1]"), ".") + " " + wrong.Fields[0].Detail
	}
	err := doc.Wrong(first, detail, wrong.Hint)
	if placed, ok := errors.AsType[*host.Error](err); ok && len(wrong.Fields) > 1 {
		placed.Fields = wrong.Fields
	}
	return err
}

// Manifest returns what the version declares about itself.
func (f *File) Manifest() host.Manifest {
	m := host.Manifest{Description: f.Description, Settings: f.Settings, Secrets: f.Reads}
	if f.Reads == nil {
		m.Secrets = f.Secrets.Names()
	}
	return m
}

// NeedsBuild reports whether the module is built from files of the folder: from a
// script, or by the build command.
func (f *File) NeedsBuild() bool {
	return f.Build != "" || f.Module != "" && filepath.Ext(f.Module) != ".wasm"
}

// Path returns the path of the code or the module; "" without either.
func (f *File) Path() string {
	path := cmp.Or(f.Code, f.Module)
	if path == "" {
		return ""
	}
	return filepath.Join(f.Dir, filepath.FromSlash(path))
}

// Content reads the code or the module, which must be a regular file in the
// folder. It is [host.NotFound] when there is none.
func (f *File) Content() ([]byte, error) {
	name, most := f.Module, int64(files.MaxModule)
	if f.Code != "" {
		name, most = f.Code, files.MaxText
	}
	folder, err := files.Open(f.Dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = folder.Close() }()
	data, err := folder.Read(filepath.ToSlash(name), most)
	at := filepath.Join(f.Dir, FileName)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &host.Error{Code: host.NotFound, Text: at + ": there is no file " + f.Path()}
	case err != nil:
		return nil, fmt.Errorf("%s: %w", at, err)
	}
	return data, nil
}

// Source returns the code with what it needs, as the host builds it.
func (f *File) Source(code []byte) *host.Source {
	s := &host.Source{Runtime: cmp.Or(f.Runtime, host.RuntimeNode), Code: string(code), Dependencies: f.Dependencies}
	for _, m := range f.SharedModules {
		s.SharedModules = append(s.SharedModules, host.SharedModuleRef{Name: m.Name, Number: m.Version})
	}
	return s
}

// describe returns the file of an action, with the path of its code or module.
func describe(a Action, path string) *File {
	f := &File{Name: a.Name, Trigger: a.Trigger, Secrets: secretsOf(a.Secrets)}
	if a.Undeployed {
		f.Deployed = new(bool)
	}
	switch {
	case a.Source != nil:
		f.Runtime, f.Code, f.Dependencies = a.Source.Runtime, path, a.Source.Dependencies
		for _, l := range a.Source.SharedModules {
			f.SharedModules = append(f.SharedModules, SharedModule{l.Name, l.Number})
		}
	case a.Digest != "":
		f.Module, f.Description, f.Settings = path, a.Manifest.Description, a.Manifest.Settings
		if declared := slices.Sorted(slices.Values(a.Manifest.Secrets)); !slices.Equal(declared, f.Secrets.Names()) {
			f.Reads = append([]string{}, declared...)
		}
	}
	return f
}

// action returns the action of the file, without its code or module.
func (f *File) action() Action {
	a := Action{Name: f.Name, Trigger: f.Trigger, Secrets: f.Secrets.references(), Undeployed: f.Deployed != nil && !*f.Deployed}
	switch {
	case f.Code != "":
		a.Source = f.Source(nil)
	case f.Module != "":
		a.Manifest = f.Manifest()
	default:
		a.Undeployed = true
	}
	return a
}

// byName sorts actions.
func byName(actions []Action) {
	slices.SortFunc(actions, func(a, b Action) int { return cmp.Compare(a.Name, b.Name) })
}
