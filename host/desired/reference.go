package desired

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/files"
)

// Reference is where the value of a secret is found, so that the value itself is
// in no file that is shared. It is written ${env:NAME} or ${file:PATH}, with a path
// from the folder.
type Reference struct {
	Kind string // "env" or "file"; "" is a value that only the host has
	Name string // of the variable, or the path

	// Value is the value itself, when an import has it. It is never written.
	Value *string
}

var referenceForm = regexp.MustCompile(`^\$\{(env|file):([^}\s][^}]*)\}$`)

// ParseReference reads a reference. Anything else is [host.Invalid]: a value must
// not be in a file that is shared.
func ParseReference(text string) (Reference, error) {
	parts := referenceForm.FindStringSubmatch(strings.TrimSpace(text))
	if parts == nil {
		return Reference{}, &host.Error{
			Code: host.Invalid, Text: "a secret's value must not be in the file; only a reference to it",
			Hint: "write ${env:NAME} for a variable of the environment, or ${file:PATH} for a file",
		}
	}
	return Reference{Kind: parts[1], Name: parts[2]}, nil
}

// String returns the reference as it is written, "" for a value that only the host
// has.
func (r Reference) String() string {
	if r.Kind == "" {
		return ""
	}
	return "${" + r.Kind + ":" + r.Name + "}"
}

// Values reads the values that references name, as far as that is allowed: a
// folder may come from another person, and the values are sent to a host.
type Values struct {
	Dir    string                           // where the paths begin; files in it may be read
	Files  []string                         // other folders whose files may be read
	Env    []string                         // the only variables that may be read, as patterns such as SLACK_*; nil is any but USHER_*
	Lookup func(name string) (string, bool) // a variable of the environment; nil is [os.LookupEnv]
}

// ownVariables is the prefix of the variables that no pattern allows, because they
// hold the keys of this program.
const ownVariables = "USHER_"

// maxValueBytes is the largest file that is a secret's value.
const maxValueBytes = 1 << 20

// Value returns the value that a reference names. One newline at the end of a file
// is not part of it. A missing or empty value is [host.NotFound], one that must not
// be read [host.Refused], and a path that is not a regular file [host.Invalid].
func (v Values) Value(r Reference) (string, error) {
	switch {
	case r.Value != nil:
		return *r.Value, nil
	case r.Kind == "env":
		return v.variable(r.Name)
	case r.Kind == "file":
		return v.file(r.Name)
	}
	return "", missing("there is no reference to its value", "write ${env:NAME} or ${file:PATH}")
}

func (v Values) variable(name string) (string, error) {
	if !v.mayRead(name) {
		return "", notAllowed("the variable "+name+" of the environment must not be read", host.FixAllowVariable.With(name))
	}
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

func (v Values) mayRead(variable string) bool {
	if slices.Contains(v.Env, variable) {
		return true
	}
	if strings.HasPrefix(strings.ToUpper(variable), ownVariables) {
		return false
	}
	return v.Env == nil || slices.ContainsFunc(v.Env, func(pattern string) bool {
		matches, err := path.Match(pattern, variable)
		return err == nil && matches
	})
}

func (v Values) file(name string) (string, error) {
	data, err := v.read(name)
	if name = filepath.FromSlash(name); !filepath.IsAbs(name) {
		name = filepath.Join(v.Dir, name)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", missing("there is no file "+name, "write the value into that file")
	case err != nil:
		return "", err
	}
	value := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	if value == "" {
		return "", missing("the file "+name+" is empty", "write the value into that file")
	}
	return value, nil
}

// read reads a file of the folder, or of another one that is allowed.
func (v Values) read(name string) ([]byte, error) {
	local := filepath.FromSlash(name)
	outside := error(nil)
	if filepath.IsLocal(local) {
		data, err := readIn(v.Dir, name)
		if host.CodeOf(err) != host.Invalid || err == nil {
			return data, err
		}
		outside = err
	}
	if !filepath.IsAbs(local) {
		local = filepath.Join(v.Dir, local)
	}
	if target, err := filepath.EvalSymlinks(local); err == nil {
		for _, dir := range append([]string{cmp.Or(v.Dir, ".")}, v.Files...) {
			if inside, ok := within(dir, target); ok {
				return readIn(dir, filepath.ToSlash(inside))
			}
		}
	}
	if outside != nil {
		return nil, outside
	}
	return nil, notAllowed("the file "+name+" is outside of "+cmp.Or(v.Dir, "the folder"), host.FixAllowFiles.With(filepath.Dir(local)))
}

func readIn(dir, name string) ([]byte, error) {
	folder, err := files.Open(cmp.Or(dir, "."))
	if err != nil {
		return nil, err
	}
	defer func() { _ = folder.Close() }()
	return folder.Read(name, maxValueBytes)
}

// within returns the path from dir to a file that is in it.
func within(dir, file string) (string, bool) {
	base, err := filepath.EvalSymlinks(dir)
	if err == nil {
		base, err = filepath.Abs(base)
	}
	absolute, e := filepath.Abs(file)
	if err != nil || e != nil {
		return "", false
	}
	inside, err := filepath.Rel(base, absolute)
	return inside, err == nil && filepath.IsLocal(inside)
}

func notAllowed(text string, fix *host.Fix) error {
	return &host.Error{Code: host.Refused, Text: text, Fix: fix}
}

func missing(text, hint string) error {
	return &host.Error{Code: host.NotFound, Text: text, Hint: hint}
}

// variableName makes the name of an environment variable from words.
func variableName(words ...string) string {
	upper := strings.ToUpper(strings.Join(words, "_"))
	name := strings.Trim(notVariable.ReplaceAllString(upper, "_"), "_")
	if name == "" || name[0] <= '9' {
		name = "SECRET_" + name
	}
	return name
}

var notVariable = regexp.MustCompile(`[^A-Z0-9]+`)
