// Package deploycli reads what Auth0's deploy tool (auth0-deploy-cli) exports,
// in its YAML and its directory form, and returns a setup of the parts that Usher
// can run, with a list of the others.
package deploycli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/files"
)

// The names in an export.
const (
	tenantFile   = "tenant.yaml"
	actionsDir   = "actions"
	modulesDir   = "action-modules"
	triggersFile = "triggers/triggers.json"
)

// export is the part of an export that is read.
type export struct {
	Actions  []action             `json:"actions"`
	Modules  []module             `json:"actionModules"`
	Triggers map[string][]binding `json:"triggers"`
}

// action is an action of the export. Secrets is a list, or a marker for one.
type action struct {
	Name         string          `json:"name"`
	Code         string          `json:"code"` // path from the export; then the code
	Runtime      string          `json:"runtime"`
	Dependencies []dependency    `json:"dependencies"`
	Secrets      json.RawMessage `json:"secrets"`
	Triggers     []struct {
		ID      string `json:"id"`
		Version string `json:"version"`
	} `json:"supported_triggers"`
	Deployed    *bool       `json:"deployed"`
	Integration string      `json:"installed_integration_id"`
	Modules     []moduleUse `json:"modules"`
}

type dependency struct {
	Name        string `json:"name"`
	Version     string `json:"version"`
	RegistryURL string `json:"registry_url"`
}

type moduleUse struct {
	Name   string `json:"module_name"`
	Number int    `json:"module_version_number"`
}

// module is code that actions share.
type module struct {
	Name string `json:"name"`
}

type secret struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type binding struct {
	ActionName  string `json:"action_name"`
	DisplayName string `json:"display_name"`
}

// Keywords are the values of the markers in an export: ##NAME## is replaced by the
// value as it is, @@NAME@@ by the value as JSON.
type Keywords map[string]string

// replace replaces the markers that have a value.
func (k Keywords) replace(text string) string {
	for name, value := range k {
		for _, quoted := range []string{"'@@" + name + "@@'", `"@@` + name + `@@"`, "@@" + name + "@@"} {
			text = strings.ReplaceAll(text, quoted, value)
		}
		text = strings.ReplaceAll(text, "##"+name+"##", value)
	}
	return text
}

// reader reads the files of an export.
type reader struct {
	dir      string
	keywords Keywords
}

// read reads an export: a YAML file, or the folder of either form.
func (r *reader) read(path string) (export, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return export{}, notFound("nothing at " + path)
	case err != nil:
		return export{}, fmt.Errorf("read the export: %w", err)
	case !info.IsDir():
		if path, err = filepath.EvalSymlinks(path); err != nil { // a link that the user named is followed
			return export{}, fmt.Errorf("read the export: %w", err)
		}
		return r.yaml(path)
	}
	if _, err := os.Stat(filepath.Join(path, tenantFile)); err == nil {
		return r.yaml(filepath.Join(path, tenantFile))
	}
	r.dir = path
	return r.folder()
}

func notFound(text string) error {
	return &host.Error{
		Code: host.NotFound, Text: text,
		Hint: "name the " + tenantFile + " or the folder that `a0deploy export` wrote",
	}
}

func (r *reader) yaml(path string) (export, error) {
	r.dir = filepath.Dir(path)
	data, err := r.file(path, files.MaxModule)
	if err != nil {
		return export{}, err
	}
	document, err := files.YAML(path, []byte(quoteLists(r.keywords.replace(string(data)))))
	if err != nil {
		return export{}, invalid(path, err)
	}
	var tree map[string]any
	if err := document.Decode(&tree); err != nil {
		return export{}, invalid(path, err)
	}
	parts := map[string]any{}
	for _, name := range []string{"actions", "actionModules", "triggers"} {
		if tree[name] != nil {
			parts[name] = tree[name]
		}
	}
	text, err := json.Marshal(parts)
	if err != nil {
		return export{}, invalid(path, err)
	}
	var e export
	if err := json.Unmarshal(text, &e); err != nil {
		return export{}, invalid(path, err)
	}
	return e, r.readCode(e.Actions)
}

// quoteLists puts markers for lists in quotes: a YAML value must not begin with @.
func quoteLists(text string) string {
	lines := strings.SplitAfter(text, "\n")
	for i, line := range lines {
		key, marker, ok := strings.Cut(line, ": @@")
		if name, rest, closed := strings.Cut(marker, "@@"); ok && closed && strings.Trim(rest, ", \r\n") == "" {
			lines[i] = key + `: "@@` + name + `@@"` + rest
		}
	}
	return strings.Join(lines, "")
}

func invalid(path string, err error) error {
	return &host.Error{Code: host.Invalid, Text: path + " is not an export of the deploy tool: " + err.Error(), Err: err}
}

// file reads a file of the export, and follows no link out of it.
func (r *reader) file(path string, most int64) ([]byte, error) {
	folder, err := files.Open(r.dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = folder.Close() }()
	name, err := filepath.Rel(r.dir, path)
	if err != nil {
		return nil, fmt.Errorf("read the export: %w", err)
	}
	data, err := folder.Read(filepath.ToSlash(name), most)
	if err != nil {
		return nil, fmt.Errorf("read the export: %w", err)
	}
	return data, nil
}

func (r *reader) folder() (export, error) {
	var e export
	if err := readEach(r, filepath.Join(r.dir, actionsDir), &e.Actions); err != nil {
		return e, err
	}
	if err := readEach(r, filepath.Join(r.dir, modulesDir), &e.Modules); err != nil {
		return e, err
	}
	triggers := filepath.Join(r.dir, filepath.FromSlash(triggersFile))
	err := r.json(triggers, &e.Triggers)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err == nil && e.Actions == nil && e.Triggers == nil {
		err = notFound(r.dir + " has no " + tenantFile + ", no " + actionsDir + "/*.json and no " + triggersFile)
	}
	if err != nil {
		return e, err
	}
	return e, r.readCode(e.Actions)
}

// readEach reads every JSON file of a folder, in the order of their names.
func readEach[T any](r *reader, dir string, into *[]T) error {
	paths, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return fmt.Errorf("read %s: %w", dir, err)
	}
	slices.Sort(paths)
	for _, path := range paths {
		var item T
		if err := r.json(path, &item); err != nil {
			return err
		}
		*into = append(*into, item)
	}
	return nil
}

func (r *reader) json(path string, into any) error {
	data, err := r.file(path, files.MaxModule)
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(quoteLists(r.keywords.replace(string(data)))), into); err != nil {
		return invalid(path, err)
	}
	return nil
}

// readCode reads the files that the actions name. They must be in the export: an
// export from another person must not select files of this machine.
func (r *reader) readCode(actions []action) error {
	folder, err := files.Open(r.dir)
	if err != nil {
		return err
	}
	defer func() { _ = folder.Close() }()
	for i, a := range actions {
		if a.Code == "" {
			continue
		}
		name := filepath.FromSlash(strings.ReplaceAll(a.Code, `\`, "/"))
		if !filepath.IsLocal(name) {
			return &host.Error{Code: host.Invalid, Text: fmt.Sprintf("action %q: its code %s is outside of %s", a.Name, a.Code, r.dir)}
		}
		data, err := folder.Read(filepath.ToSlash(name), files.MaxText)
		if err != nil {
			return &host.Error{Code: host.NotFound, Text: fmt.Sprintf("action %q: its code can't be read: %v", a.Name, err), Err: err}
		}
		actions[i].Code = r.keywords.replace(string(data))
	}
	return nil
}
