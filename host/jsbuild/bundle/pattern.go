package bundle

import (
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// computed finds calls that may import files by a pattern: esbuild looks for all
// files that match, and bundles them.
var computed = regexp.MustCompile("\\b(?:require|import)\\s*\\(\\s*[\"'`]\\.\\.?/[^\"'`]*(?:[\"'`]\\s*\\+|\\$\\{)")

// patternForm is esbuild's message about a pattern that matches no file.
var patternForm = regexp.MustCompile(`^Could not resolve (?:require|import)\(("(?:[^"\\]|\\.)*")\)`)

// maxClimb is how many folders a file's patterns may go up.
const maxClimb = 1000

// forbiddenPatterns returns an error for each pattern in a file's code that leads out
// of the folders which the file may search. esbuild reads the code as it will to
// bundle it, but from a folder that does not exist: it finds every pattern, and no
// file.
func (j *job) forbiddenPatterns(args api.OnLoadArgs, code string, loader api.Loader) []api.Message {
	untrusted := j.closed() && !within(args.Path, j.installed) // may hide a call from computed
	if !untrusted && !computed.MatchString(code) {
		return nil
	}
	r := api.Build(api.BuildOptions{
		Stdin: &api.StdinOptions{
			Contents: code, Loader: loader,
			ResolveDir: filepath.Join(nowhere(), strings.Repeat("d/", min(strings.Count(code, ".."), maxClimb)+1)),
		},
		Bundle: true, LogLevel: api.LogLevelSilent, TsconfigRaw: "{}",
		Plugins: []api.Plugin{{Name: "usher-patterns", Setup: func(build api.PluginBuild) {
			build.OnResolve(api.OnResolveOptions{Filter: ".*"}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
				return api.OnResolveResult{Path: args.Path, External: true}, nil
			})
		}}},
	})
	var wrong []api.Message
	for _, m := range r.Errors {
		parts := patternForm.FindStringSubmatch(m.Text)
		if parts == nil || m.Location == nil {
			continue
		}
		pattern, err := strconv.Unquote(parts[1])
		if err == nil && !j.maySearch(args.Path, pattern) {
			m.Location.File, m.Location.Namespace = j.nameOf(args), ""
			wrong = append(wrong, api.Message{Text: unresolved(pattern), Location: m.Location, Detail: outside{}})
		}
	}
	return wrong
}

// maySearch reports whether a file may search the folder that a pattern begins in.
func (j *job) maySearch(path, pattern string) bool {
	fixed, _, _ := strings.Cut(pattern, "*")
	dir := filepath.Join(filepath.Dir(path), filepath.FromSlash(fixed[:strings.LastIndex(fixed, "/")+1]))
	top := j.project
	if j.closed() {
		if j.authored(path) {
			return false // it has no files
		}
		top = j.installed
	}
	return dir == top || within(dir, top)
}

// nameOf returns a file's name as esbuild's messages have it.
func (j *job) nameOf(args api.OnLoadArgs) string {
	if args.Namespace != "file" {
		return args.Namespace + ":" + args.Path
	}
	if name, err := filepath.Rel(j.root, args.Path); err == nil {
		return filepath.ToSlash(name)
	}
	return args.Path
}
