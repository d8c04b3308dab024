package bundle

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	pathpkg "path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/usherhost/usher/host/jsbuild/npm"
)

// Files that code reads
//
// Packages read data that lies in their own folder, such as a list of domains, with
// node:fs when they load. The files that such code names in full, from its own place,
// are in the bundle as data, and the runtime's fs reads exactly these
// (runtime/src/node/files.js). They must lie in the folder of the package, or of the
// author's files, whatever links say. Other reads are refused in the run.

// The bounds of the files that one file of code reads.
const (
	maxOwnFiles     = 64
	maxOwnFileBytes = 4 << 20
)

// The import of such a file, before its path relative to the importer, and the import
// by which it gets into the runtime.
const (
	ownFilePrefix = "usher:file/"
	ownFileSpace  = "usher-file"
	runtimeFiles  = "usher:files"
)

const (
	literal = "(?:\"[^\"\\\\\\n]*\"|'[^'\\\\\\n]*'|`[^`$\\\\]*`)"
	// ownFolder is code whose value is the folder of its file.
	ownFolder = `__dirname|import\.meta\.dirname|(?:[\w$]+\.)?dirname\(\s*(?:__filename|(?:[\w$]+\.)?fileURLToPath\(\s*import\.meta\.url\s*\))\s*\)`
)

var (
	readsFiles   = regexp.MustCompile(`["'](?:node:)?fs(?:/promises)?["']|\breadFile`)
	literals     = regexp.MustCompile(literal)
	besideItself = regexp.MustCompile(`\brequire\.resolve\(\s*(` + literal + `)\s*\)|\bnew URL\(\s*(` + literal + `)\s*,\s*import\.meta\.url\s*\)`)
	folderAlias  = regexp.MustCompile(`([\w$]+)\s*=\s*(?:` + ownFolder + `)\s*[;,\n]`)
	machineCode  = regexp.MustCompile(`(?i)\.(?:node|wasm|so|dll|dylib|exe)$`)
)

// ownFilesNamed returns the paths, relative to the file with the code, that the code
// names from its own place.
func ownFilesNamed(code string) []string {
	folder := ownFolder
	for _, m := range folderAlias.FindAllStringSubmatch(code, -1) {
		folder += "|" + regexp.QuoteMeta(m[1])
	}
	from := `(?:^|[^\w$.])(?:` + folder + `)`
	computed := regexp.MustCompile(`\b(?:join|resolve)\(\s*(?:` + folder + `)((?:\s*,\s*` + literal + `)+)\s*,?\s*\)` +
		`|` + from + `((?:\s*\+\s*(?:` + literal + `|(?:[\w$]+\.)?sep\b))+)` +
		"|\\$\\{\\s*(?:" + folder + ")\\s*\\}(/[^`$\\\\]*)`")
	var names []string
	add := func(name string) {
		if name = strings.TrimPrefix(pathpkg.Clean(name), "/"); name != "." && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, m := range computed.FindAllStringSubmatch(code, -1) {
		var joined, added string
		for _, l := range literals.FindAllString(m[1], -1) {
			joined += "/" + l[1:len(l)-1]
		}
		for _, l := range literals.FindAllString(m[2], -1) {
			added += "/" + strings.Trim(l[1:len(l)-1], "/")
		}
		add(strings.TrimLeft(joined+added+m[3], "/"))
	}
	for _, m := range besideItself.FindAllStringSubmatch(code, -1) {
		name := m[1] + m[2]
		name = name[1 : len(name)-1]
		if m[2] != "" {
			name, _ = url.PathUnescape(name)
		}
		if strings.HasPrefix(name, "./") || strings.HasPrefix(name, "../") {
			add(name)
		}
	}
	return names
}

// withOwnFiles returns what imports the files that code in path reads, "" when it
// reads none.
func (j *job) withOwnFiles(path, code string) string {
	if !readsFiles.MatchString(code) {
		return ""
	}
	head, count, size := "", 0, int64(0)
	for _, name := range ownFilesNamed(code) {
		_, info := j.readFile(path, name)
		if info == nil {
			continue
		}
		if count, size = count+1, size+info.Size(); count > maxOwnFiles || size > maxOwnFileBytes {
			break
		}
		head += fmt.Sprintf("require(%q); ", ownFilePrefix+name)
	}
	return head
}

// readFile finds the file that code in path names, nil when it may not read it.
func (j *job) readFile(path, name string) (file string, info os.FileInfo) {
	top := npm.PackageDir(path)
	if top == "" {
		if top = j.root; j.closed() || !j.authored(path) {
			return "", nil
		}
	}
	top, err := filepath.EvalSymlinks(top)
	if err != nil {
		return "", nil
	}
	file, err = filepath.EvalSymlinks(filepath.Join(filepath.Dir(path), filepath.FromSlash(name)))
	if err != nil || !within(file, top) || !j.readable(file) || machineCode.MatchString(file) {
		return "", nil
	}
	for _, part := range strings.Split(strings.TrimPrefix(filepath.ToSlash(file), filepath.ToSlash(top)), "/") {
		if part == "node_modules" || strings.HasPrefix(part, ".") { // another's, or a secret such as .env
			return "", nil
		}
	}
	if info, err = os.Stat(file); err != nil || !info.Mode().IsRegular() {
		return "", nil
	}
	return file, info
}

// ownFileOf is a file that code reads, and its place in a run.
type ownFileOf struct{ file, place string }

func (r *resolver) ownFileModule(args api.OnResolveArgs) (api.OnResolveResult, bool) {
	if args.Path == runtimeFiles && args.Namespace == ownFileSpace {
		return api.OnResolveResult{Path: runtimeFiles, External: true}, true
	}
	name, ok := strings.CutPrefix(args.Path, ownFilePrefix)
	if !ok || args.Namespace != "file" {
		return none, false
	}
	file, info := r.readFile(args.Importer, name)
	if info == nil {
		return none, false
	}
	o := ownFileOf{file, pathpkg.Join(pathpkg.Dir(filepath.ToSlash(r.place(args.Importer))), name)}
	return api.OnResolveResult{Path: o.place, Namespace: ownFileSpace, PluginData: o}, true
}

// loadOwnFile gives a file to the runtime: as a string if that is all of it.
func loadOwnFile(args api.OnLoadArgs) (api.OnLoadResult, error) {
	o, _ := args.PluginData.(ownFileOf) // as resolver.ownFileModule set it
	content, err := os.ReadFile(o.file)
	if err != nil {
		return api.OnLoadResult{}, fmt.Errorf("read a file that a package reads: %w", err)
	}
	data, encoding := string(content), "utf8"
	if !utf8.Valid(content) {
		data, encoding = base64.StdEncoding.EncodeToString(content), "base64"
	}
	quoted, err := json.Marshal(data)
	if err != nil {
		return api.OnLoadResult{}, err
	}
	code := fmt.Sprintf("require(%q).give(%q, %s, %q, %d);", runtimeFiles, o.place, quoted, encoding, len(content))
	return api.OnLoadResult{Contents: &code}, nil
}
