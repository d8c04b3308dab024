package bundle

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/jsbuild/npm"
	"github.com/usherhost/usher/host/jsbuild/sourcemap"
)

// job is the bundling of one action.
type job struct {
	src       Source
	root      string            // the folder of the author's files: absolute, without links
	project   string            // the folder of the author's whole project, around root; "" without a folder
	entry     string            // the path of the entry, which need not be a file
	installed string            // the folder whose node_modules holds the listed packages; "" when none are listed
	aliases   map[string]string // "axios@0.27.2" → the folder's name in node_modules

	moduleFolders map[[2]string]string // a shared module's name and its package's → the folder's name in node_modules

	pkgs   npm.Manifests
	survey survey

	forms   map[string]form        // of the packages for which the rule has decided, by folder; set between passes
	bundled map[string]bool        // the folders of packages that were in a bundle in their other form
	absent  map[absent]api.Message // imports of packages that find nothing; set between passes
	split   *twoScripts            // set for the last pass, when sloppy code has a script of its own

	mu sync.Mutex
}

func newJob(src Source) (*job, error) {
	if src.Name == "" {
		src.Name = "action.js"
	}
	j := &job{
		src: src, root: nowhere(), aliases: map[string]string{}, moduleFolders: map[[2]string]string{},
		forms: map[string]form{}, bundled: map[string]bool{}, absent: map[absent]api.Message{},
	}
	if src.Dir != "" {
		root, err := filepath.Abs(src.Dir)
		if err != nil {
			return nil, fmt.Errorf("find the action's folder: %w", err)
		}
		if j.root, err = filepath.EvalSymlinks(root); err != nil {
			return nil, fmt.Errorf("find the action's folder: %w", err)
		}
		j.project = projectOf(j.root)
	}
	j.entry = filepath.Join(j.root, filepath.Base(filepath.FromSlash(src.Name)))
	return j, nil
}

// nowhere is the root of code without a folder. It never exists.
func nowhere() string { return filepath.Join(os.TempDir(), "usher-no-folder") }

// projectOf returns the outermost folder around dir that has a package.json or is a
// repository, dir itself when there is none.
func projectOf(dir string) string {
	top := dir
	for at := dir; at != filepath.Dir(at); at = filepath.Dir(at) {
		if exists(filepath.Join(at, "package.json")) || exists(filepath.Join(at, ".git")) {
			top = at
		}
	}
	return top
}

// closed reports whether the code came without a folder. Such code is untrusted:
// it may read nothing on this machine but the packages that it lists.
func (j *job) closed() bool { return j.src.Dir == "" }

// authored reports whether a file is the author's own, not a package's.
func (j *job) authored(path string) bool {
	return path == j.entry || !strings.Contains(filepath.ToSlash(path), "/node_modules/") && !within(path, j.installed)
}

// readable reports whether the bundle may hold a file's content.
func (j *job) readable(path string) bool {
	return path == j.entry || within(path, j.installed) || within(path, j.project) || !j.closed() && npm.PackageDir(path) != ""
}

// within reports whether path is below dir. No path is below "".
func within(path, dir string) bool {
	separator := string(filepath.Separator)
	return dir != "" && strings.HasPrefix(path, strings.TrimSuffix(dir, separator)+separator)
}

// run runs esbuild until ctx is done, and again for as long as more is true of the
// result.
func run(ctx context.Context, options api.BuildOptions, more func(api.BuildResult) bool) (api.BuildResult, error) {
	c, failure := api.Context(options)
	if failure != nil {
		return api.BuildResult{}, fmt.Errorf("set esbuild up: %w", failure)
	}
	defer c.Dispose()
	stop := context.AfterFunc(ctx, c.Cancel)
	defer stop()
	for {
		r := c.Rebuild()
		if ctx.Err() != nil || !more(r) {
			return r, ctx.Err()
		}
	}
}

// once is for a single pass.
func once(api.BuildResult) bool { return false }

// options are those of both passes over an action.
func (j *job) options() api.BuildOptions {
	o := api.BuildOptions{
		AbsWorkingDir: j.root,
		Outfile:       filepath.Join(j.root, sourcemap.BundleName),
		Bundle:        true,
		Metafile:      true,
		LogLevel:      api.LogLevelSilent,
		LogOverride:   map[string]api.LogLevel{"unsupported-require-call": api.LogLevelWarning},
		Target:        api.ESNext,
		Supported:     map[string]bool{"decorators": false, "import-defer": false, "import-source": false},
		Charset:       api.CharsetASCII,
		Define:        defines(),
		Loader:        loaders(),
	}
	if j.closed() {
		o.TsconfigRaw = "{}"
	}
	return o
}

// defines gives a value to names that Node defines for each file. A bundle has no
// files, so every module is in the same fictitious folder.
func defines() map[string]string {
	return map[string]string{
		"process.env.NODE_ENV": `"production"`,
		"__dirname":            `"/usher"`,
		"__filename":           `"/usher/action.js"`,
		"import.meta.url":      `"file:///usher/action.js"`,
		"import.meta.dirname":  `"/usher"`,
		"import.meta.filename": `"/usher/action.js"`,
		"import.meta.main":     "false",
	}
}

// failure returns messages as an error.
func failure(list ...host.BuildMessage) error { return &host.BuildFailure{Messages: list} }

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
