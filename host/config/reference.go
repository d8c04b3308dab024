package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/usherhost/usher/host"
)

// Reference says where a secret's value is, so that the value itself stands in
// no file that is shared. Its text is ${env:NAME} or ${file:PATH}, with a path
// from the folder.
type Reference struct {
	Kind string // "env" or "file"; "" is a value that only the host has
	Name string // of the variable, or the path

	// Value is the value itself, for what no file says. It is never written.
	Value *string
}

var referenceForm = regexp.MustCompile(`^\$\{(env|file):([^}\s][^}]*)\}$`)

// ParseReference reads a reference. Anything else is [host.Invalid]: a value
// does not belong into a file that is shared.
func ParseReference(text string) (Reference, error) {
	parts := referenceForm.FindStringSubmatch(strings.TrimSpace(text))
	if parts == nil {
		return Reference{}, &host.Error{
			Code: host.Invalid, Text: "a secret's value can't stand in the file; a reference to it can",
			Hint: "write ${env:NAME} for a variable of the environment, or ${file:PATH} for a file",
		}
	}
	return Reference{Kind: parts[1], Name: parts[2]}, nil
}

// String returns the text of the reference; "" for a value that only the host
// has.
func (r Reference) String() string {
	if r.Kind == "" {
		return ""
	}
	return "${" + r.Kind + ":" + r.Name + "}"
}

// Values reads what references refer to.
type Values struct {
	Dir    string                           // where the paths begin
	Lookup func(name string) (string, bool) // a variable of the environment; nil is [os.LookupEnv]
}

// Value returns what a reference refers to. One newline at the end of a file is
// not part of it. What is not there or empty is [host.NotFound].
func (v Values) Value(r Reference) (string, error) {
	switch {
	case r.Value != nil:
		return *r.Value, nil
	case r.Kind == "env":
		return v.variable(r.Name)
	case r.Kind == "file":
		return v.file(r.Name)
	}
	return "", missing("it has no reference to its value", "write ${env:NAME} or ${file:PATH}")
}

func (v Values) variable(name string) (string, error) {
	lookup := v.Lookup
	if lookup == nil {
		lookup = os.LookupEnv
	}
	value, set := lookup(name)
	if !set || value == "" {
		return "", missing("the environment has no "+name, "export "+name+" first")
	}
	return value, nil
}

func (v Values) file(name string) (string, error) {
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(v.Dir, filepath.FromSlash(path))
	}
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", missing("there is no file "+path, "write the value into that file")
	case err != nil:
		return "", fmt.Errorf("read a secret: %w", err)
	}
	value := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	if value == "" {
		return "", missing("the file "+path+" is empty", "write the value into that file")
	}
	return value, nil
}

func missing(text, hint string) error {
	return &host.Error{Code: host.NotFound, Text: text, Hint: hint}
}

// variableName makes the name of an environment variable of words.
func variableName(words ...string) string {
	upper := strings.ToUpper(strings.Join(words, "_"))
	name := strings.Trim(notVariable.ReplaceAllString(upper, "_"), "_")
	if name == "" || name[0] <= '9' {
		name = "SECRET_" + name
	}
	return name
}

var notVariable = regexp.MustCompile(`[^A-Z0-9]+`)
