package jsbuild

import (
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// computed finds calls that may ask for files by a pattern: esbuild looks for
// all that fit, and takes them into the bundle.
var computed = regexp.MustCompile("\\b(?:require|import)\\s*\\(\\s*[\"'`]\\.\\.?/[^\"'`]*(?:[\"'`]\\s*\\+|\\$\\{)")

// patternForm is how esbuild tells that it finds nothing by a pattern.
var patternForm = regexp.MustCompile(`^Could not resolve (?:require|import)\(("(?:[^"\\]|\\.)*")\)`)

// maxClimb is how far above its folder a file's patterns are looked for.
const maxClimb = 1000

// straying returns an error for each pattern in a file's code that leads out of
// what the file may look through. esbuild reads the code as it will to bundle
// it, but from a folder that is not there, so it finds all the patterns and no
// file.
func (j *job) straying(args api.OnLoadArgs, code string, loader api.Loader) []api.Message {
	strangers := j.closed() && !within(args.Path, j.installed) // may hide a call from computed
	if !strangers && !computed.MatchString(code) {
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
		if err == nil && !j.mayLookThrough(args.Path, pattern) {
			m.Location.File, m.Location.Namespace = j.nameOf(args), ""
			wrong = append(wrong, api.Message{Text: unresolved(pattern), Location: m.Location, Detail: outside{}})
		}
	}
	return wrong
}

// mayLookThrough reports whether the folder that a pattern begins in is one that
// the file may look through.
func (j *job) mayLookThrough(path, pattern string) bool {
	fixed, _, _ := strings.Cut(pattern, "*")
	dir := filepath.Join(filepath.Dir(path), filepath.FromSlash(fixed[:strings.LastIndex(fixed, "/")+1]))
	top := j.tree
	if j.closed() {
		if j.authored(path) {
			return false // it has no files
		}
		top = j.installed
	}
	return dir == top || within(dir, top)
}

// nameOf is a file's name as esbuild has it in messages.
func (j *job) nameOf(args api.OnLoadArgs) string {
	if args.Namespace != "file" {
		return args.Namespace + ":" + args.Path
	}
	if name, err := filepath.Rel(j.root, args.Path); err == nil {
		return filepath.ToSlash(name)
	}
	return args.Path
}
