package desired

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/files"
)

// actionsDir has a folder for each action.
const actionsDir = "actions"

// maxActions is how many actions a folder may have.
const maxActions = 10_000

// Builder builds the module of an action that [File.NeedsBuild]: it bundles the
// script or runs the build command.
type Builder func(ctx context.Context, f *File) ([]byte, error)

// ReadFolder reads the setup in a folder: actions/*/action.yaml with the code and
// the modules that they name, and bindings.yaml. Without the latter, bindings are
// left alone. Only regular files inside of the folder are read. The builder is
// called for each action that [File.NeedsBuild].
func ReadFolder(ctx context.Context, dir string, build Builder) (Setup, error) {
	var s Setup
	folder, err := files.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nothingIn(dir)
	}
	if err != nil {
		return s, err
	}
	defer func() { _ = folder.Close() }()
	found, err := readFiles(folder, dir)
	if err != nil {
		return s, err
	}
	data, err := folder.Read(BindingsFile, files.MaxText)
	switch {
	case err == nil:
		if s.Bindings, err = DecodeBindings(filepath.Join(dir, BindingsFile), data); err != nil {
			return s, err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return s, fmt.Errorf("read the bindings: %w", err)
	case len(found) == 0:
		return s, nothingIn(dir)
	}
	for _, f := range found {
		a, err := load(ctx, f, build)
		if err != nil {
			return s, err
		}
		s.Actions = append(s.Actions, a)
	}
	byName(s.Actions)
	return s, nil
}

func nothingIn(dir string) error {
	fix := host.FixExport.With(dir)
	if _, err := ReadFile(dir); host.CodeOf(err) != host.NotFound {
		fix = host.FixDeployFolder.With(dir)
	}
	return &host.Error{
		Code: host.NotFound, Text: "no " + actionsDir + "/*/" + FileName + " and no " + BindingsFile + " in " + dir, Fix: fix,
	}
}

// readFiles reads the action.yaml of each action of a folder.
func readFiles(folder *files.Folder, dir string) ([]*File, error) {
	flat, err := folder.Names(actionsDir, ".yaml", maxActions)
	if err != nil {
		return nil, err
	}
	if len(flat) > 0 {
		base := strings.TrimSuffix(flat[0], ".yaml")
		return nil, &host.Error{
			Code: host.Invalid, Text: filepath.Join(dir, actionsDir, flat[0]) + " is not in the folder of an action",
			Hint: fmt.Sprintf("move it to %s, with its code beside it", path.Join(actionsDir, base, FileName)),
		}
	}
	names, err := folder.Folders(actionsDir, maxActions)
	if err != nil {
		return nil, err
	}
	var found []*File
	at := map[string]string{}
	for _, name := range names {
		data, err := folder.Read(path.Join(actionsDir, name, FileName), files.MaxText)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read an action: %w", err)
		}
		f, err := parseIn(filepath.Join(dir, actionsDir, name), data)
		if err != nil {
			return nil, err
		}
		if other, taken := at[f.Name]; taken {
			return nil, &host.Error{Code: host.Conflict, Text: fmt.Sprintf("%s and %s describe the same action %q", other, f.Dir, f.Name)}
		}
		at[f.Name] = f.Dir
		found = append(found, f)
	}
	return found, nil
}

// load returns the action of a file, with its code or module.
func load(ctx context.Context, f *File, build Builder) (Action, error) {
	a := f.action()
	if f.Code == "" && f.Module == "" {
		return a, nil
	}
	read := f.Content
	if f.NeedsBuild() {
		read = func() ([]byte, error) { return build(ctx, f) }
	}
	content, err := read()
	if f.Code != "" {
		a.Source = f.Source(content)
	} else {
		a.Module, a.Digest = content, host.Digest(content)
	}
	return a, err
}
