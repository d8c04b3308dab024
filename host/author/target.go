package author

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/desired"
	"github.com/usherhost/usher/host/files"
)

// target is what a path on the command line names: a module, a script or a folder.
type target struct {
	path   string        // of the module or script
	dir    string        // where its event and fakes are looked for
	name   string        // of the action
	action *desired.File // nil when there is no action.yaml
}

// findTarget finds the module or script that path means. A folder has an
// action.yaml, a package.json whose main is a script, or a script called
// action or index. A script alone has the settings of the action.yaml beside it
// that names it.
func findTarget(path string) (target, error) {
	if isFolder(path) {
		return findInFolder(path)
	}
	t := target{path: path, dir: filepath.Dir(path), name: scriptName(path)}
	if !isScript(path) {
		return t, nil
	}
	file, err := desired.ReadFile(t.dir)
	switch {
	case err == nil && filepath.Clean(file.Path()) == filepath.Clean(path):
		t.action, t.name = file, file.Name
	case err != nil && host.CodeOf(err) != host.NotFound:
		return target{}, err
	}
	return t, nil
}

func findInFolder(dir string) (target, error) {
	file, err := desired.ReadFile(dir)
	if err == nil {
		return target{path: file.Path(), dir: dir, name: file.Name, action: file}, nil
	}
	if host.CodeOf(err) != host.NotFound {
		return target{}, err
	}
	if script := mainScript(dir); script != "" {
		return target{path: script, dir: dir, name: scriptName(script)}, nil
	}
	return target{}, err
}

// mainScript returns the main script of a folder, "" when it has none.
func mainScript(dir string) string {
	var about struct {
		Main string `json:"main"`
	}
	data, err := readInFolder(dir, "package.json")
	if err == nil && json.Unmarshal(data, &about) == nil && isScript(about.Main) && filepath.IsLocal(about.Main) && isFile(filepath.Join(dir, about.Main)) {
		return filepath.Join(dir, about.Main)
	}
	for _, name := range []string{"action", "index"} {
		for _, suffix := range scriptSuffixes {
			if path := filepath.Join(dir, name+suffix); isFile(path) {
				return path
			}
		}
	}
	return ""
}

// readInFolder reads a document in a folder that another user may own.
func readInFolder(dir, name string) ([]byte, error) {
	folder, err := files.Open(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = folder.Close() }()
	return folder.Read(name, files.MaxText)
}

// scriptName makes an action's name of its file's, or of its folder's when the
// file is called as scripts mostly are.
func scriptName(path string) string {
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	if !slices.Contains([]string{"action", "index", "main"}, name) || !isScript(path) {
		return name
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if folder := filepath.Base(dir); err == nil && actionName.MatchString(folder) {
		return folder
	}
	return name
}

// beside returns the path of a file in the target's folder, "" when it does not
// exist or is a link out of the folder: the user did not name it, and the action
// would get what the link leads to.
func (t target) beside(name string) string {
	folder, err := files.Open(t.dir)
	if err != nil {
		return ""
	}
	defer func() { _ = folder.Close() }()
	if folder.Check(name) != nil {
		return ""
	}
	return filepath.Join(t.dir, name)
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

// exists reports whether path exists or can't be looked at.
func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
