package author

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/files"
)

// ActionFileName is the file that makes a folder an action.
const ActionFileName = "action.yaml"

// actionFile is an action's folder as its action.yaml describes it. The JSON
// Schema of the file is sdk/action.schema.json.
type actionFile struct {
	Name         string            `json:"name"`
	Trigger      host.Trigger      `json:"trigger"`
	Description  string            `json:"description"`
	Module       string            `json:"module"` // path, from the folder
	Build        string            `json:"build"`  // shell command, run in the folder
	AllowedHosts []string          `json:"allowed_hosts"`
	EgressMode   host.EgressMode   `json:"egress_mode"`
	Secrets      []string          `json:"secrets"`
	Config       map[string]string `json:"config"`
	Limits       host.Limits       `json:"limits"`
	Retry        host.Retry        `json:"retry"`
	OnFailure    host.OnFailure    `json:"on_failure"`
	Checkpoint   host.Checkpoint   `json:"checkpoint"`
	Isolation    host.Isolation    `json:"isolation"`

	dir string
}

// actionFileKeys are the known keys, by the path of the mapping they are in.
var actionFileKeys = map[string][]string{
	"": {
		"name", "trigger", "description", "module", "build", "allowed_hosts", "egress_mode",
		"secrets", "config", "limits", "retry", "on_failure", "checkpoint", "isolation",
	},
	"limits": {
		"timeout_ms", "memory_bytes", "output_bytes", "log_bytes", "record_bytes", "host_calls",
		"http_requests", "request_bytes", "response_bytes", "http_timeout_ms", "fuel",
	},
	"retry": {"max_attempts", "initial_ms", "max_ms"},
}

// readActionFile reads dir/action.yaml and refuses keys that it does not know.
func readActionFile(dir string) (actionFile, error) {
	path := filepath.Join(dir, ActionFileName)
	data, err := readInFolder(dir, ActionFileName)
	if errors.Is(err, fs.ErrNotExist) {
		return actionFile{}, &host.Error{
			Code: host.NotFound, Text: "no " + ActionFileName + " in " + dir,
			Hint: "name an action's folder, or begin one: usher init NAME",
		}
	}
	if err != nil {
		return actionFile{}, fmt.Errorf("read the action: %w", err)
	}
	f, err := parseActionFile(path, data)
	if err != nil {
		return actionFile{}, err
	}
	f.dir = dir
	return f, nil
}

// readInFolder reads a text in a folder that may be somebody else's.
func readInFolder(dir, name string) ([]byte, error) {
	folder, err := files.Open(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = folder.Close() }()
	return folder.Read(name, files.MaxText)
}

func parseActionFile(path string, data []byte) (actionFile, error) {
	doc, err := files.YAML(path, data)
	if err != nil {
		return actionFile{}, term.UsageError{Err: fmt.Errorf("%s: %w", path, err)}
	}
	if len(doc.Content) == 0 || doc.Content[0].Kind != yamlv3.MappingNode {
		return actionFile{}, term.UsageError{Err: fmt.Errorf("%s: the file must hold keys and values", path), Hint: "it needs at least name, module and trigger"}
	}
	if err := checkKeys(path, doc.Content[0], ""); err != nil {
		return actionFile{}, err
	}
	f, err := decodeActionFile(path, doc.Content[0])
	if err != nil {
		return actionFile{}, err
	}
	return f, f.check(path, doc.Content[0])
}

func checkKeys(path string, mapping *yamlv3.Node, place string) error {
	known := actionFileKeys[place]
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		key, value := mapping.Content[i], mapping.Content[i+1]
		if !slices.Contains(known, key.Value) {
			return term.UsageError{
				Err:  fmt.Errorf("%s:%d: unknown key %q", path, key.Line, key.Value),
				Hint: term.DidYouMean(key.Value, known, "the keys here are "+strings.Join(known, ", ")),
			}
		}
		if _, nested := actionFileKeys[key.Value]; place == "" && nested && value.Kind == yamlv3.MappingNode {
			if err := checkKeys(path, value, key.Value); err != nil {
				return err
			}
		}
	}
	return nil
}

// decodeActionFile goes through JSON, so that the words keep one set of names.
func decodeActionFile(path string, top *yamlv3.Node) (actionFile, error) {
	var values map[string]any
	if err := top.Decode(&values); err != nil {
		return actionFile{}, term.UsageError{Err: fmt.Errorf("%s: %w", path, err)}
	}
	encoded, err := json.Marshal(values)
	if err != nil {
		return actionFile{}, term.UsageError{Err: fmt.Errorf("%s: %w", path, err)}
	}
	f := actionFile{Trigger: host.PostUserRegistration}
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	err = decoder.Decode(&f)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return actionFile{}, term.UsageError{Err: fmt.Errorf("%s:%d: %s must be a %s, not a %s",
			path, lineOf(top, wrong.Field), wrong.Field, plainType(wrong.Type.Kind().String()), wrong.Value)}
	}
	if err != nil {
		return actionFile{}, term.UsageError{Err: fmt.Errorf("%s: %w", path, err)}
	}
	return f, nil
}

func plainType(kind string) string {
	switch kind {
	case "int", "int64":
		return "whole number"
	case "slice":
		return "list"
	case "map", "struct":
		return "mapping"
	default:
		return kind
	}
}

// lineOf returns the line of the key at path ("limits.timeout_ms").
func lineOf(mapping *yamlv3.Node, path string) int {
	line := mapping.Line
	for _, name := range strings.Split(path, ".") {
		next := entryOf(mapping, name)
		if next == nil {
			return line
		}
		line, mapping = next.Line, next
	}
	return line
}

func entryOf(mapping *yamlv3.Node, name string) *yamlv3.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == name {
			return mapping.Content[i+1]
		}
	}
	return nil
}

// check tells what is missing or out of range before a server has to.
func (f *actionFile) check(path string, top *yamlv3.Node) error {
	if f.Name == "" {
		return term.UsageError{Err: fmt.Errorf("%s: name is missing", path), Hint: "add a line such as 'name: notify-slack'"}
	}
	if f.Module == "" {
		return term.UsageError{Err: fmt.Errorf("%s: module is missing", path), Hint: "add a line such as 'module: action.wasm'"}
	}
	if !f.Trigger.Valid() {
		return term.UsageError{
			Err:  fmt.Errorf("%s:%d: unknown trigger %q", path, lineOf(top, "trigger"), f.Trigger),
			Hint: "this version serves " + string(host.PostUserRegistration),
		}
	}
	err := f.manifest().Settings.Check("")
	if wrong, ok := errors.AsType[*host.Error](err); ok {
		return &host.Error{Code: host.Invalid, Text: path + ": " + wrong.Text, Fields: wrong.Fields}
	}
	return err
}

// manifest returns what the version declares of itself.
func (f *actionFile) manifest() host.Manifest {
	return host.Manifest{
		Description: f.Description,
		Secrets:     f.Secrets,
		Settings: host.Settings{
			Limits:     f.Limits,
			Egress:     host.Egress{Mode: f.EgressMode, Allow: f.AllowedHosts},
			Retry:      f.Retry,
			OnFailure:  f.OnFailure,
			Checkpoint: f.Checkpoint,
			Isolation:  f.Isolation,
			Config:     f.Config,
		},
	}
}

func (f *actionFile) modulePath() string {
	if filepath.IsAbs(f.Module) {
		return f.Module
	}
	return filepath.Join(f.dir, f.Module)
}
