package jsbuild

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// job is one action on its way into a bundle.
type job struct {
	src       Source
	root      string            // the folder that its author's files stand in: real and absolute
	tree      string            // the author's whole project, which root is in; "" without a folder
	entry     string            // where the entry stands, be there a file or not
	installed string            // folder whose node_modules holds the listed packages; "" when none were
	aliases   map[string]string // "axios@0.27.2" → the folder's name in node_modules

	sharedModuleFolders map[[2]string]string // a shared module's name and its package's → that folder's name

	pkgs   manifests
	survey survey
}

func newJob(src Source) (*job, error) {
	if src.Name == "" {
		src.Name = "action.js"
	}
	j := &job{src: src, root: nowhere(), aliases: map[string]string{}, sharedModuleFolders: map[[2]string]string{}}
	if src.Dir != "" {
		root, err := filepath.Abs(src.Dir)
		if err != nil {
			return nil, fmt.Errorf("find the action's folder: %w", err)
		}
		if j.root, err = filepath.EvalSymlinks(root); err != nil {
			return nil, fmt.Errorf("find the action's folder: %w", err)
		}
		j.tree = project(j.root)
	}
	j.entry = filepath.Join(j.root, filepath.Base(filepath.FromSlash(src.Name)))
	return j, nil
}

// nowhere is the folder of code that has none: nothing is ever made there.
func nowhere() string { return filepath.Join(os.TempDir(), "usher-no-folder") }

// project returns the outermost folder around dir that has the marks of a
// project, dir itself when none has.
func project(dir string) string {
	top := dir
	for at := dir; at != filepath.Dir(at); at = filepath.Dir(at) {
		if exists(filepath.Join(at, "package.json")) || exists(filepath.Join(at, ".git")) {
			top = at
		}
	}
	return top
}

// closed reports whether the code came without a folder. It may be anybody's,
// so nothing on this machine but the packages it lists is for it to read.
func (j *job) closed() bool { return j.src.Dir == "" }

// authored reports whether a file is the author's own, not a package's.
func (j *job) authored(path string) bool {
	return path == j.entry || !strings.Contains(filepath.ToSlash(path), "/node_modules/") && !within(path, j.installed)
}

// readable reports whether the action may hold what is in a file.
func (j *job) readable(path string) bool {
	return path == j.entry || within(path, j.installed) || within(path, j.tree) || !j.closed() && packageDir(path) != ""
}

// within reports whether path lies below dir. Nothing lies below "".
func within(path, dir string) bool {
	separator := string(filepath.Separator)
	return dir != "" && strings.HasPrefix(path, strings.TrimSuffix(dir, separator)+separator)
}

// run runs esbuild until ctx is done.
func run(ctx context.Context, options api.BuildOptions) (api.BuildResult, error) {
	c, failure := api.Context(options)
	if failure != nil {
		return api.BuildResult{}, fmt.Errorf("set esbuild up: %w", failure)
	}
	defer c.Dispose()
	stop := context.AfterFunc(ctx, c.Cancel)
	defer stop()
	r := c.Rebuild()
	return r, ctx.Err()
}

// options are what both passes over an action have in common.
func (j *job) options() api.BuildOptions {
	o := api.BuildOptions{
		AbsWorkingDir: j.root,
		Outfile:       filepath.Join(j.root, BundleName),
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

// defines gives names that Node has and a bundle has not a sane value. There
// are no files, so every module stands in the same made-up folder.
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

// loaders lets actions import text as well as JSON and code.
func loaders() map[string]api.Loader {
	l := map[string]api.Loader{}
	for _, ext := range []string{".js", ".mjs", ".cjs"} {
		l[ext] = api.LoaderJS
	}
	for _, ext := range []string{".txt", ".text", ".md", ".html", ".htm", ".css", ".csv", ".graphql", ".gql", ".pem", ".sql", ".xml", ".svg", ".yaml", ".yml", ".hbs", ".mustache", ".liquid"} {
		l[ext] = api.LoaderText
	}
	return l
}

// entryLoader is how the entry is read: by its name, JavaScript by default.
func (j *job) entryLoader() api.Loader { return loaderOf(j.src.Name) }

// loaderOf is how a file's code is read.
func loaderOf(name string) api.Loader {
	switch ext := strings.ToLower(filepath.Ext(name)); {
	case slices.Contains([]string{".ts", ".mts", ".cts"}, ext):
		return api.LoaderTS
	case ext == ".tsx":
		return api.LoaderTSX
	case ext == ".jsx":
		return api.LoaderJSX
	default:
		return api.LoaderJS
	}
}

// loadFiles serves the entry from the source, so that it need not be a file,
// and keeps every other file from those who may not read it, however it was
// found.
func (j *job) loadFiles(build api.PluginBuild) {
	build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: "file"}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		if !j.readable(args.Path) {
			return api.OnLoadResult{Errors: []api.Message{j.outsideOf(args.Path)}}, nil
		}
		if args.Path != j.entry {
			return j.checked(args, j.unmapped(args, j.mended(args.Path))), nil
		}
		code := string(j.src.Code)
		if strings.HasPrefix(code, "#!") {
			code = "//" + code[2:] // esbuild would put it before the banner
		}
		return j.checked(args, j.unmapped(args, api.OnLoadResult{Contents: &code, ResolveDir: j.root, Loader: j.entryLoader()})), nil
	})
}

// outsideOf refuses a file. A pattern of a stranger's may have found it: its
// name is not told.
func (j *job) outsideOf(path string) api.Message {
	if j.closed() {
		path = "a file of the host"
	}
	return api.Message{Text: unresolved(path), Detail: outside{}}
}

// checked refuses a file whose code looks for others where it may not. Of what
// stands in a folder, that is only asked of the author's own.
func (j *job) checked(args api.OnLoadArgs, found api.OnLoadResult) api.OnLoadResult {
	if isData(args.Path) {
		return found
	}
	loader := found.Loader
	if loader == api.LoaderNone || loader == api.LoaderDefault {
		loader = loaderOf(args.Path)
	}
	code := ""
	switch {
	case found.Contents != nil:
		code = *found.Contents
	case j.authored(args.Path):
		text, err := os.ReadFile(args.Path)
		if err != nil {
			return found // esbuild tells of it
		}
		code = string(text)
	}
	if wrong := j.straying(args, code, loader); wrong != nil {
		return api.OnLoadResult{Errors: wrong}
	}
	return found
}
