package bundle

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/usherhost/usher/host/jsbuild/npm"
)

// Computed requires of packages
//
// require("./locale/" + name) may get any file that fits. A package's call of this
// form gets a function that chooses among those files, which are all bundled if they
// are few enough. So does a call through another name for require, with a path from
// __dirname, or with a variable, if the file says what folder it may be in. Other
// calls are left to the run, which has Node's modules only.

// The bounds of one such choice.
const (
	maxChoices     = 400
	maxChoiceBytes = 2 << 20
)

// chooser is the name of the function that chooses, in the file that calls it.
const chooser = "__usher_choose"

// choosePath is the import of the module that chooses.
const (
	choosePath  = "usher:choose"
	chooseSpace = "usher-choose"
)

// fixed finds what is fixed of an argument: of a path, from __dirname, or of a call
// of path.join.
const fixed = "\\s*(?:" +
	`"(\.\.?/[^"\\\n]*)"\s*(?:\+|\.concat\()` + `|'(\.\.?/[^'\\\n]*)'\s*(?:\+|\.concat\()` + "|`(\\.\\.?/[^`$\\\\]*)\\$\\{" +
	`|__dirname\s*\+\s*"(/[^"\\\n]*)"\s*[+)]` + `|__dirname\s*\+\s*'(/[^'\\\n]*)'\s*[+)]` + "|`\\$\\{__dirname\\}(/[^`$\\\\]*)(?:\\$\\{|`)" +
	`|(?:[\w$]+\.)?(?:join|resolve)\(\s*__dirname\s*((?:,\s*(?:"[^"\\\n]*"|'[^'\\\n]*')\s*)*)[,)]` +
	`)`

var (
	joined       = regexp.MustCompile(`["']([^"']*)["']`)
	ownParameter = regexp.MustCompile(`function\s*[\w$]*\s*\([^)]*\brequire\b[^)]*\)|\(\s*(?:[\w$]+\s*,\s*)*require\s*(?:,\s*[\w$]+\s*)*\)\s*=>`)
	folderNames  = regexp.MustCompile("[\"'`](\\.\\.?/(?:[\\w@.-]+/)+)(?:[\"'`]|\\$\\{)")
)

// choices is what a file's computed requires may get.
type choices struct {
	prefixes []string // the beginnings of the paths, relative to the file: "./locale/"
}

// computedRequires has the computed requires of a package's file choose among the
// package's files. Names are those that the code has for require.
func (j *job) computedRequires(path, code string, names []string) string {
	if ownParameter.MatchString(code) {
		return code // its require is another
	}
	var c choices
	callee := `(^|[^\w$.])(` + strings.Join(names, "|") + `|import)\(`
	calls := regexp.MustCompile(callee + fixed)
	code = replaceCalls(code, calls, func(parts []string) bool {
		prefix := ""
		for _, p := range parts[2:8] {
			prefix += p
		}
		switch {
		case prefix == "":
			prefix = "./"
			for _, m := range joined.FindAllStringSubmatch(parts[8], -1) {
				prefix += strings.Trim(m[1], "/") + "/"
			}
		case strings.HasPrefix(prefix, "/"):
			prefix = "." + prefix
		}
		c.prefixes = append(c.prefixes, prefix)
		return true
	})
	variable := regexp.MustCompile(callee + `\s*[A-Za-z_$][\w$.]*\s*\)`)
	if folders := folderNames.FindAllStringSubmatch(code, -1); folders != nil && variable.MatchString(code) {
		code = replaceCalls(code, variable, func([]string) bool { return true })
		for _, m := range folders {
			c.prefixes = append(c.prefixes, m[1])
		}
	}
	if c.prefixes == nil {
		return code
	}
	slices.Sort(c.prefixes)
	c.prefixes = slices.Compact(c.prefixes)
	return code + j.chooserOf(path, c)
}

// replaceCalls has calls that fit call the chooser.
func replaceCalls(code string, calls *regexp.Regexp, take func(parts []string) bool) string {
	var b strings.Builder
	from := 0
	for _, at := range calls.FindAllStringSubmatchIndex(code, -1) {
		parts := make([]string, len(at)/2-1)
		for i := range parts {
			if at[2*i+2] >= 0 {
				parts[i] = code[at[2*i+2]:at[2*i+3]]
			}
		}
		if !take(parts) {
			continue
		}
		b.WriteString(code[from:at[4]])
		b.WriteString(chooser)
		if parts[1] == "import" {
			b.WriteString("Later")
		}
		from = at[5]
	}
	return b.String() + code[from:]
}

// chooserOf is the code of the chooser of a file, to be put at its end.
func (j *job) chooserOf(path string, c choices) string {
	files, over := j.matching(path, c)
	var table, later strings.Builder
	for _, f := range files {
		relative, err := filepath.Rel(filepath.Dir(path), f)
		if err != nil {
			continue
		}
		from := "./" + filepath.ToSlash(relative)
		fmt.Fprintf(&table, "%q: () => require(%q),", j.place(f), from)
		fmt.Fprintf(&later, "%q: () => import(%q),", j.place(f), from)
	}
	note := ""
	if over {
		note = fmt.Sprintf(": package %q chooses it among more files than an action may hold: import the file by its name in the action, as in require(%q)", npm.PackageName(npm.PackageDir(path)), npm.PackageName(npm.PackageDir(path))+"/FILE")
	}
	call := fmt.Sprintf("require(%q)(%q, %q, %q, id, (id) => require(id), ", choosePath, filepath.ToSlash(filepath.Dir(j.place(path))), j.place(path), note)
	text := fmt.Sprintf("\nfunction %s(id) { return %s{%s}); }", chooser, call, table.String())
	return text + fmt.Sprintf("\nasync function %sLater(id) { return %s{%s}); }", chooser, call, later.String())
}

// matching returns the files of a package that computed requires of one of its files
// may get. Over is true when they are too many.
func (j *job) matching(path string, c choices) (files []string, over bool) {
	top, size := npm.PackageDir(path), int64(0)
	for _, prefix := range c.prefixes {
		start := filepath.Join(filepath.Dir(path), filepath.FromSlash(prefix))
		dir := start
		if !strings.HasSuffix(prefix, "/") {
			dir = filepath.Dir(start)
		}
		if dir != top && !within(dir, top) {
			continue
		}
		_ = filepath.WalkDir(dir, func(file string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return skipOthers(file != dir, e)
			}
			if !e.Type().IsRegular() || !strings.HasPrefix(file, start) || !slices.Contains(chosenSuffixes, filepath.Ext(file)) || slices.Contains(files, file) {
				return nil
			}
			if info, err := e.Info(); err == nil {
				size += info.Size()
			}
			files = append(files, file)
			if over = len(files) > maxChoices || size > maxChoiceBytes; over {
				return filepath.SkipAll
			}
			return nil
		})
		if over {
			return nil, true
		}
	}
	return files, false
}

// chosenSuffixes are those of the files that a computed require may get.
var chosenSuffixes = []string{".js", ".cjs", ".mjs", ".json"}

// skipOthers leaves out the packages in a folder below the first. A folder that can't
// be read has no files.
func skipOthers(below bool, e fs.DirEntry) error {
	if below && e != nil && e.Name() == "node_modules" {
		return filepath.SkipDir
	}
	return nil
}

// place is the path of a file as code in a run sees it.
func (j *job) place(path string) string {
	return "/usher/" + j.title(j.nameOf(api.OnLoadArgs{Path: path, Namespace: "file"}))
}

func loadChoose(api.OnLoadArgs) (api.OnLoadResult, error) {
	code := chooseModule
	return api.OnLoadResult{Contents: &code}, nil
}

// chooseModule chooses a file as Node does: by its name, with an extension, or as a
// folder.
const chooseModule = `
module.exports = (dir, from, note, id, require, files) => {
	const name = String(id);
	if (!/^(?:\.{0,2}\/|\.{1,2}$)/.test(name)) return require(id);
	const parts = [];
	for (const part of (name[0] === "/" ? name : dir + "/" + name).split("/")) {
		if (part === "..") parts.pop();
		else if (part !== "." && part !== "") parts.push(part);
	}
	const path = "/" + parts.join("/");
	for (const end of ["", ".js", ".json", "/index.js", "/index.json"]) {
		if (Object.hasOwn(files, path + end)) return files[path + end]();
	}
	throw Object.assign(new Error("Cannot find module '" + name + "'" + note + "\nRequire stack:\n- " + from), { code: "MODULE_NOT_FOUND", requireStack: [from] });
};
`

// readText reads a file, "" when it can't be read: esbuild reports that.
func readText(path string) string {
	code, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return string(code)
}
