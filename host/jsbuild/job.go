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
	entry     string            // where the entry stands, be there a file or not
	installed string            // folder whose node_modules holds the listed packages; "" when none were
	aliases   map[string]string // "axios@0.27.2" → the folder's name in node_modules

	libraryFolders map[[2]string]string // a library's name and its package's → that folder's name

	pkgs   manifests
	survey survey
}

func newJob(src Source) (*job, error) {
	if src.Name == "" {
		src.Name = "action.js"
	}
	j := &job{src: src, root: nowhere(), aliases: map[string]string{}, libraryFolders: map[[2]string]string{}}
	if src.Dir != "" {
		root, err := filepath.Abs(src.Dir)
		if err != nil {
			return nil, fmt.Errorf("find the action's folder: %w", err)
		}
		if j.root, err = filepath.EvalSymlinks(root); err != nil {
			return nil, fmt.Errorf("find the action's folder: %w", err)
		}
	}
	j.entry = filepath.Join(j.root, filepath.Base(filepath.FromSlash(src.Name)))
	return j, nil
}

// nowhere is the folder of code that has none: nothing is ever made there.
func nowhere() string { return filepath.Join(os.TempDir(), "usher-no-folder") }

// closed reports whether the code came without a folder. It may be anybody's,
// so nothing on this machine but the packages it lists is for it to read.
func (j *job) closed() bool { return j.src.Dir == "" }

// authored reports whether a file is the author's own, not a package's.
func (j *job) authored(path string) bool {
	return path == j.entry || !strings.Contains(filepath.ToSlash(path), "/node_modules/") && !within(path, j.installed)
}

// readable reports whether the action may hold what is in a file.
func (j *job) readable(path string) bool {
	return !j.closed() || path == j.entry || within(path, j.installed)
}

func within(path, dir string) bool {
	return dir != "" && strings.HasPrefix(path, dir+string(filepath.Separator))
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
func (j *job) entryLoader() api.Loader {
	switch ext := strings.ToLower(filepath.Ext(j.src.Name)); {
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
		if !j.readable(args.Path) { // a pattern may have found it: its name is not told
			return api.OnLoadResult{Errors: []api.Message{{Text: unresolved("a file of the host"), Detail: outside{}}}}, nil
		}
		if args.Path != j.entry {
			return j.unmapped(args, j.mended(args.Path)), nil
		}
		code := string(j.src.Code)
		if strings.HasPrefix(code, "#!") {
			code = "//" + code[2:] // esbuild would put it before the banner
		}
		return j.unmapped(args, api.OnLoadResult{Contents: &code, ResolveDir: j.root, Loader: j.entryLoader()}), nil
	})
}
