package desired

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/files"
)

// actionsDir is where the files of the actions are.
const actionsDir = "actions"

// maxActions is how many files of actions a folder may have.
const maxActions = 10_000

// ReadFolder reads the setup in a folder: actions/*.yaml with the code and the
// modules that they name, and bindings.yaml. Without the latter, bindings are
// left alone. Only regular files inside of the folder are read.
func ReadFolder(dir string) (Setup, error) {
	var s Setup
	folder, err := files.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nothingIn(dir)
	}
	if err != nil {
		return s, err
	}
	defer func() { _ = folder.Close() }()
	names, err := folder.Names(actionsDir, ".yaml", maxActions)
	if err != nil {
		return s, err
	}
	data, err := folder.Read(BindingsFile, files.MaxText)
	if errors.Is(err, fs.ErrNotExist) && len(names) == 0 {
		return s, nothingIn(dir)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return s, fmt.Errorf("read the bindings: %w", err)
	}
	for _, name := range names {
		a, err := readAction(folder, dir, name)
		if err != nil {
			return s, err
		}
		s.Actions = append(s.Actions, a)
	}
	if err == nil {
		if s.Bindings, err = DecodeBindings(filepath.Join(dir, BindingsFile), data); err != nil {
			return s, err
		}
	}
	byName(s.Actions)
	return s, unique(s.Actions)
}

func nothingIn(dir string) error {
	return &host.Error{
		Code: host.NotFound, Text: "no " + actionsDir + "/*.yaml and no " + BindingsFile + " in " + dir,
		Hint: "begin with what a host has: usher export " + dir,
	}
}

func unique(sorted []Action) error {
	for i := 1; i < len(sorted); i++ {
		if sorted[i].Name == sorted[i-1].Name {
			return &host.Error{Code: host.Conflict, Text: "two files describe the action " + sorted[i].Name}
		}
	}
	return nil
}

func readAction(folder *files.Folder, dir, name string) (Action, error) {
	path := filepath.Join(dir, actionsDir, name)
	data, err := folder.Read(actionsDir+"/"+name, files.MaxText)
	if err != nil {
		return Action{}, fmt.Errorf("read an action: %w", err)
	}
	var f actionFile
	if err := decode(path, data, &f); err != nil {
		return Action{}, err
	}
	a, err := f.action(path)
	if err != nil {
		return a, err
	}
	switch {
	case f.Code != "":
		code, err := readBeside(folder, path, f.Code, files.MaxText)
		a.Source.Code = string(code)
		return a, err
	case f.Module != "":
		a.Module, err = readBeside(folder, path, f.Module, files.MaxModule)
		a.Digest = host.Digest(a.Module)
	}
	return a, err
}

// readBeside reads what an action's file names by a path from itself. It may not
// lead out of the folder: what is sent to a host is what is shared with its files.
func readBeside(folder *files.Folder, from, name string, most int64) ([]byte, error) {
	if filepath.IsAbs(name) {
		return nil, wrong(from, 0, name+" is outside of the folder")
	}
	data, err := folder.Read(path.Join(actionsDir, filepath.ToSlash(name)), most)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &host.Error{Code: host.NotFound, Text: from + ": there is no file " + filepath.Join(filepath.Dir(from), filepath.FromSlash(name))}
	case err != nil:
		return nil, wrong(from, 0, fmt.Sprintf("%s can't be read: %v", name, err))
	}
	return data, nil
}

// WriteFolder writes a setup as [ReadFolder] reads it, and returns the paths
// that it wrote, from dir. References that the folder's files have already are
// kept; for others a variable is named. A folder that has something else in it
// is [host.Conflict]. Nothing is written through links.
func WriteFolder(dir string, s Setup) ([]string, error) {
	if err := mayWrite(dir); err != nil {
		return nil, err
	}
	known, _ := ReadFolder(dir) // what can't be read has no references to keep
	s.Actions = slices.Clone(s.Actions)
	byName(s.Actions)
	refer(s.Actions, known.Actions)
	texts := map[string][]byte{}
	taken := map[string]bool{}
	for _, a := range s.Actions {
		if err := actionFiles(texts, fileName(a.Name, taken), a); err != nil {
			return nil, fmt.Errorf("write action %s: %w", a.Name, err)
		}
	}
	bindings, err := EncodeBindings(s.Bindings)
	if err != nil {
		return nil, err
	}
	texts[BindingsFile] = bindings
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make %s: %w", dir, err)
	}
	folder, err := files.Open(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = folder.Close() }()
	paths := slices.Sorted(maps.Keys(texts))
	for _, path := range paths {
		if err := folder.Write(path, texts[path]); err != nil {
			return nil, err
		}
	}
	return paths, nil
}

// Strays returns the files of actions in a folder that are not among those that
// were written: no action of the setup is theirs.
func Strays(dir string, written []string) []string {
	paths, _ := filepath.Glob(filepath.Join(dir, actionsDir, "*.yaml")) // the pattern is a good one
	var strays []string
	for _, path := range paths {
		if name := actionsDir + "/" + filepath.Base(path); !slices.Contains(written, name) {
			strays = append(strays, name)
		}
	}
	return strays
}

func mayWrite(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at %s: %w", dir, err)
	}
	ours := func(e fs.DirEntry) bool { return e.Name() == BindingsFile || e.Name() == actionsDir }
	if len(entries) > 0 && !slices.ContainsFunc(entries, ours) {
		return &host.Error{
			Code: host.Conflict, Text: dir + " has something else in it",
			Hint: "name a new folder, or one that an export made",
		}
	}
	return nil
}

// refer gives every secret without a reference one: that of the same action in
// known, or else a variable of its name. A name that several actions have gets
// the action's before it, since the values may differ.
func refer(actions, known []Action) {
	users := map[string]int{}
	taken := map[Reference]bool{}
	for _, a := range actions {
		for name := range a.Secrets {
			users[variableName(name)]++
		}
	}
	for i, a := range actions {
		secrets := maps.Clone(a.Secrets)
		for _, name := range names(secrets) {
			if secrets[name].Kind != "" {
				continue
			}
			words := []string{name}
			if users[variableName(name)] > 1 {
				words = []string{a.Name, name}
			}
			secrets[name] = referenceFor(a.Name, name, words, known, taken)
		}
		actions[i].Secrets = secrets
	}
}

func referenceFor(action, name string, words []string, known []Action, taken map[Reference]bool) Reference {
	for _, a := range known {
		if reference, ok := a.Secrets[name]; ok && a.Name == action {
			return reference
		}
	}
	reference := Reference{Kind: "env", Name: variableName(words...)}
	for n := 2; taken[reference]; n++ {
		reference.Name = variableName(append(slices.Clone(words), strconv.Itoa(n))...)
	}
	taken[reference] = true
	return reference
}

func actionFiles(texts map[string][]byte, base string, a Action) error {
	f := describe(a, base+".js", base+".wasm")
	text, err := encode(f)
	if err != nil {
		return err
	}
	texts[actionsDir+"/"+base+".yaml"] = text
	switch {
	case a.Source != nil:
		texts[actionsDir+"/"+f.Code] = []byte(a.Source.Code)
	case a.Digest != "":
		texts[actionsDir+"/"+f.Module] = a.Module
	}
	return nil
}

// maxNameBytes is how much of an action's name its files have: with a number
// and a suffix, all file systems take it.
const maxNameBytes = 200

// fileName makes the name of an action's files, without a suffix. Names that
// differ in more than case and spaces get files that do.
func fileName(action string, taken map[string]bool) string {
	base := strings.Map(func(r rune) rune {
		if strings.ContainsRune(` /\:*?"<>|`, r) || !unicode.IsPrint(r) {
			return '-'
		}
		return r
	}, action)
	base = strings.TrimLeft(strings.ToValidUTF8(base[:min(len(base), maxNameBytes)], ""), ".")
	if base == "" {
		base = "action"
	}
	name := base
	for n := 2; taken[strings.ToLower(name)]; n++ {
		name = fmt.Sprintf("%s-%d", base, n)
	}
	taken[strings.ToLower(name)] = true
	return name
}
