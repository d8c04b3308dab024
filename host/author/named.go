package author

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/internal/jsscan"
	"github.com/usherhost/usher/host/internal/text"
	"github.com/usherhost/usher/host/jsbuild/bundle"
	"github.com/usherhost/usher/host/jsbuild/npm"
)

// maxScanned is how many files of a script are looked through.
const maxScanned = 200

// scanScript finds what a script names, with the files of its own that it imports.
// Files that can't be read are left out: the build reports them.
func scanScript(path string) jsscan.Found {
	var code strings.Builder
	for _, file := range scriptFiles(path) {
		source, _ := os.ReadFile(file)
		code.Write(source)
		code.WriteString("\n")
	}
	found := jsscan.Scan(code.String())
	found.Packages = slices.DeleteFunc(found.Packages, bundle.IsBuiltin)
	return found
}

// scriptFiles lists a script and the files of its own that it imports, those that can be
// read.
func scriptFiles(path string) (list []string) {
	for todo := []string{path}; len(todo) > 0 && len(list) < maxScanned; todo = todo[1:] {
		file := todo[0]
		source, err := os.ReadFile(file)
		if err != nil || slices.Contains(list, file) {
			continue
		}
		list = append(list, file)
		for _, relative := range jsscan.Scan(string(source)).Files {
			if found := scriptAt(filepath.Join(filepath.Dir(file), filepath.FromSlash(relative))); found != "" {
				todo = append(todo, found)
			}
		}
	}
	return list
}

// scriptAt returns the script that an import of a path means, "" when there is none.
func scriptAt(path string) string {
	for _, candidate := range append([]string{""}, scriptSuffixes...) {
		if file := path + candidate; isScript(file) && isFile(file) {
			return file
		}
	}
	for _, suffix := range scriptSuffixes {
		if file := filepath.Join(path, "index"+suffix); isFile(file) {
			return file
		}
	}
	return ""
}

// withPackages builds a script. When it can't be built and imports packages that are
// not installed, it offers their newest versions on a terminal; without one, or when
// they are not wanted, the error says how to name them. Typed is the
// command, "" where nothing is to be offered.
func withPackages(ctx context.Context, env *command.Env, path, typed string, f *ScriptFlags, build func() error) error {
	err := build()
	wrong, ok := errors.AsType[*scriptError](err)
	if !ok || f.offline || typed == "" {
		return err
	}
	missing := missingPackages(ctx, path, *f)
	if len(missing) == 0 {
		return err
	}
	env.Term.Note("usher: %s imports %s, not installed here", path, strings.Join(missing, ", "))
	all := slices.Concat(f.dependencies, missing)
	asked := term.ErrNoTerminal
	if !f.consent.unattended {
		asked = env.Term.Ask("install it for this build?")
	}
	switch {
	case asked == nil:
		f.dependencies = all
		return build()
	case !errors.Is(asked, term.ErrNoTerminal):
		return asked
	}
	wrong.hint = typed + " " + text.ShellQuote(path)
	for _, d := range all {
		wrong.hint += " --dependency " + text.ShellQuote(d)
	}
	return err
}

// missingPackages returns the packages that a script imports and that its build does
// not find, as NAME@VERSION with their newest versions. A build with a list of packages
// finds those alone.
func missingPackages(ctx context.Context, path string, f ScriptFlags) (missing []string) {
	dir, err := filepath.Abs(filepath.Dir(path))
	listed, wrong := f.list()
	if err != nil || wrong != nil {
		return nil
	}
	var installed npm.Manifests
	packages := &npm.Packages{Registry: f.registry}
	for _, name := range scanScript(path).Packages {
		is := func(d host.Dependency) bool { return d.Name == name }
		if slices.ContainsFunc(listed, is) || len(listed) == 0 && installed.Of(name, dir) != nil {
			continue
		}
		missing = append(missing, name+"@"+packages.Newest(ctx, name))
	}
	return missing
}
