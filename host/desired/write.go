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

// Written lists what [WriteFolder] has done.
type Written struct {
	Paths []string // of the files, from the folder
	Notes []string // what was left as it is, and why
}

// WriteFolder writes a setup as [ReadFolder] reads it. What the folder's files
// have already is preserved: the folder of an action, the name of its code or module,
// and the references to the values of secrets; a new reference names a variable.
// An action that [File.NeedsBuild] is left as it is. A folder that holds other
// files is [host.Conflict]. Nothing is written through links.
func WriteFolder(dir string, s Setup) (Written, error) {
	if err := mayWrite(dir); err != nil {
		return Written{}, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return Written{}, fmt.Errorf("make %s: %w", dir, err)
	}
	folder, err := files.Open(dir)
	if err != nil {
		return Written{}, err
	}
	defer func() { _ = folder.Close() }()
	known, err := readFiles(folder, dir)
	if err != nil {
		return Written{}, err
	}
	w := writer{known: map[string]*File{}, taken: map[string]bool{}, files: map[string][]byte{}}
	for _, f := range known {
		w.known[f.Name] = f
		w.taken[strings.ToLower(filepath.Base(f.Dir))] = true
	}
	s.Actions = slices.Clone(s.Actions)
	byName(s.Actions)
	if err := w.setup(s); err != nil {
		return Written{}, err
	}
	out := Written{Paths: slices.Sorted(maps.Keys(w.files)), Notes: w.notes}
	for _, path := range out.Paths {
		if err := folder.Write(path, w.files[path]); err != nil {
			return Written{}, err
		}
	}
	return out, nil
}

// writer makes the files of a setup.
type writer struct {
	known map[string]*File // of the folder, by the name of the action
	taken map[string]bool  // folders of actions, in lower case
	files map[string][]byte
	notes []string
}

func (w *writer) setup(s Setup) error {
	refer(s.Actions, w.known)
	for _, a := range s.Actions {
		if f := w.known[a.Name]; f != nil && f.NeedsBuild() {
			w.notes = append(w.notes, a.Name+": its module is built from the files in "+f.Dir+", which are left as they are")
			continue
		}
		if err := w.action(a); err != nil {
			return fmt.Errorf("write action %s: %w", a.Name, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(w.known)) {
		if !slices.ContainsFunc(s.Actions, func(a Action) bool { return a.Name == name }) {
			w.notes = append(w.notes, w.known[name].Dir+" belongs to no action of the host; delete it, or 'usher apply' creates that action")
		}
	}
	var err error
	w.files[BindingsFile], err = EncodeBindings(s.Bindings)
	return err
}

// action makes the files of an action: its action.yaml, and its code or module
// beside it.
func (w *writer) action(a Action) error {
	known := w.known[a.Name]
	folder, name := "", "action.wasm"
	if a.Source != nil {
		name = "action.js"
	}
	switch {
	case known == nil:
		folder = fileName(a.Name, w.taken)
	case a.Source != nil && known.Code != "":
		name = known.Code
	case a.Source == nil && known.Module != "":
		name = known.Module
	}
	if known != nil {
		folder = filepath.Base(known.Dir)
	}
	text, err := encode(describe(a, name))
	if err != nil {
		return err
	}
	folder = path.Join(actionsDir, folder)
	w.files[path.Join(folder, FileName)] = text
	switch {
	case a.Source != nil:
		w.files[path.Join(folder, filepath.ToSlash(name))] = []byte(a.Source.Code)
	case a.Digest != "":
		w.files[path.Join(folder, filepath.ToSlash(name))] = a.Module
	}
	return nil
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
			Code: host.Conflict, Text: dir + " holds other files",
			Hint: "name a new folder, or one that an export made",
		}
	}
	return nil
}

// refer gives every secret without a reference one: that of the same action in
// known, or else a variable of its name. A name that several actions have gets
// the action's before it, since the values may differ.
func refer(actions []Action, known map[string]*File) {
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
			secrets[name] = referenceFor(name, words, known[a.Name], taken)
		}
		actions[i].Secrets = secrets
	}
}

func referenceFor(name string, words []string, known *File, taken map[Reference]bool) Reference {
	if known != nil {
		if reference := known.Secrets.references()[name]; reference.Kind != "" {
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
