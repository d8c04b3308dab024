package bundle

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/usherhost/usher/host/jsbuild/npm"
)

// loadFiles serves the entry from the source, so that it need not be a file, and
// refuses every file that the action must not read, however it was found.
func (j *job) loadFiles(build api.PluginBuild) {
	build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: "file"}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		if !j.readable(args.Path) {
			return api.OnLoadResult{Errors: []api.Message{j.outsideOf(args.Path)}}, nil
		}
		if args.Path != j.entry {
			return j.checked(args, j.unmapped(args, j.rewrite(args.Path, j.edited(args.Path)))), nil
		}
		code := string(j.src.Code)
		if strings.HasPrefix(code, "#!") {
			code = "//" + code[2:] // esbuild would put it before the banner
		}
		code = j.rewritten(args.Path, code)
		return j.checked(args, j.unmapped(args, api.OnLoadResult{Contents: &code, ResolveDir: j.root, Loader: loaderOf(j.src.Name)})), nil
	})
}

// outsideOf refuses a file. Untrusted code may have found it by a pattern, so the
// message does not name it then.
func (j *job) outsideOf(path string) api.Message {
	if j.closed() {
		path = "a file of the host"
	}
	return api.Message{Text: unresolved(path), Detail: outside{}}
}

// checked refuses a file whose code looks for others, by a pattern, where it must
// not. In a folder, only the author's own files are checked.
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
			return found // esbuild reports it
		}
		code = string(text)
	}
	if wrong := j.forbiddenPatterns(args, code, loader); wrong != nil {
		return api.OnLoadResult{Errors: wrong}
	}
	return found
}

// loaders lets actions import text besides JSON and code.
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

// loaderOf returns the loader for code, by the file's name: JavaScript by default.
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

// noMap is appended to code that names a source map. esbuild uses the last such
// comment, and ignores addresses of a scheme that it does not know.
const noMap = "\n/*# sourceMappingURL=none:map */"

// unmapped keeps esbuild from reading the source map that an untrusted file names.
// It may be any file of this machine, and messages would show its content.
func (j *job) unmapped(args api.OnLoadArgs, found api.OnLoadResult) api.OnLoadResult {
	if !j.closed() {
		return found
	}
	if found.Contents == nil {
		if len(args.With) > 0 || isData(args.Path) { // esbuild reads it as JSON, text or bytes
			return found
		}
		code, err := os.ReadFile(args.Path)
		if err != nil {
			return found // esbuild reports it
		}
		text := string(code)
		found = api.OnLoadResult{Contents: &text, ResolveDir: filepath.Dir(args.Path), Loader: api.LoaderDefault}
	}
	if strings.Contains(*found.Contents, "sourceMappingURL=") {
		text := *found.Contents + noMap
		found.Contents = &text
	}
	return found
}

// isData reports whether a file is not code, and so names no source map.
func isData(path string) bool {
	if strings.HasSuffix(path, ".module.css") {
		return false
	}
	ext := filepath.Ext(path)
	return ext == ".json" || loaders()[ext] == api.LoaderText
}

// edited returns a package's file with the edits that quirks has for it and the seams
// that fit it, or nothing when it is bundled as it is.
func (j *job) edited(path string) api.OnLoadResult {
	dir := npm.PackageDir(path)
	if dir == "" || !slices.Contains([]string{".js", ".cjs", ".mjs"}, filepath.Ext(path)) {
		return api.OnLoadResult{}
	}
	if code, found := j.otherCode(path); found {
		return api.OnLoadResult{Contents: &code, ResolveDir: filepath.Dir(path), Loader: api.LoaderJS}
	}
	code, err := os.ReadFile(path)
	if err != nil {
		return api.OnLoadResult{} // esbuild reports it
	}
	q := quirkOf(j.pkgs.Name(dir))
	name, _ := filepath.Rel(dir, path)
	text := faster(string(code), q.faster[filepath.ToSlash(name)])
	if q.edit.from != "" {
		text = strings.ReplaceAll(text, q.edit.from, q.edit.to)
	}
	text, _ = throughSeams(text)
	if text == string(code) {
		return api.OnLoadResult{}
	}
	return api.OnLoadResult{Contents: &text, ResolveDir: filepath.Dir(path), Loader: api.LoaderJS}
}

// faster makes the edits in code if there is a place for each.
func faster(code string, edits []edit) string {
	text := code
	for _, e := range edits {
		if !strings.Contains(text, e.from) {
			return code
		}
		text = strings.ReplaceAll(text, e.from, e.to)
	}
	return text
}

// otherCode returns the code that quirks has for a package's file.
func (j *job) otherCode(path string) (code string, found bool) {
	dir := npm.PackageDir(path)
	name, err := filepath.Rel(dir, path)
	if dir == "" || err != nil {
		return "", false
	}
	code, found = quirkOf(j.pkgs.Name(dir)).files[filepath.ToSlash(name)]
	return code, found
}
