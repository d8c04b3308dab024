package bundle

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/usherhost/usher/host/jsbuild/npm"
)

// rewritten returns a file's code with what esbuild does not follow written out: its
// place, require under other names, and computed requires of packages. Lines stay
// those of the file.
func (j *job) rewritten(path, code string) string {
	names := []string{"require"}
	if strings.Contains(code, "createRequire") {
		code, names = madeRequires(code, names)
	}
	if npm.PackageDir(path) != "" && strings.Contains(code, "require") {
		code = strings.ReplaceAll(code, "module.require(", "require(")
		for _, m := range aliases.FindAllStringSubmatch(code, -1) {
			names = append(names, regexp.QuoteMeta(m[1]))
			code = literalCalls(code, m[1])
		}
	}
	if npm.PackageDir(path) != "" && (strings.Contains(code, "require") || strings.Contains(code, "import(")) {
		code = j.computedRequires(path, code, names)
	}
	if strings.Contains(code, "typeof ") && exportStatement.MatchString(code) && !declaresModule.MatchString(code) {
		code = ofModule.ReplaceAllStringFunc(code, func(text string) string { // an ES module has neither
			return "typeof void 0" + strings.Repeat(" ", len(text)-len("typeof module")-1) + text[len(text)-1:]
		})
	}
	return j.placed(path, code)
}

var (
	exportStatement = regexp.MustCompile(`(?:^|[;}\n])\s*export\s*(?:\{|\*|default\b|const\b|let\b|var\b|function\b|class\b|async\b)`)
	declaresModule  = regexp.MustCompile(`\b(?:const|let|var|function)\s+(?:module|exports)\b`)
	ofModule        = regexp.MustCompile(`\btypeof (?:module|exports)[^\w$.\[]`)
)

var (
	// aliases finds another name for require. Short names are those of minified
	// code, which has them for many things.
	aliases = regexp.MustCompile(`(?:^|[\s,;{(])([\w$]{3,})\s*=\s*require\s*(?:[;,\n]|$)`)

	makerNames = regexp.MustCompile(`\bcreateRequire\s*(?:as|:)\s*([\w$]+)`)
)

// madeRequires has the functions that createRequire makes for the file itself be
// require, which esbuild follows, and adds their names to those of require.
func madeRequires(code string, names []string) (string, []string) {
	makers := []string{"createRequire"}
	for _, m := range makerNames.FindAllStringSubmatch(code, -1) {
		makers = append(makers, regexp.QuoteMeta(m[1]))
	}
	made := `(?:(?:[\w$]+(?:\.default)?|require\(["'](?:node:)?module["']\))\.)?\b(?:` + strings.Join(makers, "|") + `)\(\s*(?:(?:new URL|[\w$.]*fileURLToPath)\(\s*)?(?:import\.meta\.\w+|__filename)[^;\n]*?\)+`
	code = regexp.MustCompile("(^|[^\\w$.])"+made+"(\\s*\\(\\s*[\"'`])").ReplaceAllString(code, "${1}require$2")
	declared := regexp.MustCompile(`\b((?:const|let|var)\s+)([\w$]+)(\s*=\s*` + made + `)`)
	for _, m := range declared.FindAllStringSubmatch(code, -1) {
		if m[2] != "require" {
			code, names = literalCalls(code, m[2]), append(names, regexp.QuoteMeta(m[2]))
		}
	}
	code = declared.ReplaceAllStringFunc(code, func(text string) string {
		m := declared.FindStringSubmatch(text)
		if m[2] == "require" {
			return m[1] + "__usher_made" + m[3]
		}
		return text
	})
	return code, names
}

// literalCalls has calls of name with a literal be calls of require.
func literalCalls(code, name string) string {
	calls := regexp.MustCompile(`(^|[^\w$.])` + regexp.QuoteMeta(name) + `((?:\.resolve)?\(\s*(?:"[^"\\\n]*"|'[^'\\\n]*')\s*\))`)
	return calls.ReplaceAllString(code, "${1}require$2")
}

var (
	ownPlace      = regexp.MustCompile(`\b__(?:dirname|filename)\b`)
	declaresPlace = regexp.MustCompile(`\b(?:const|let|var)\s+__(?:dirname|filename)\b`)
	metaPlace     = regexp.MustCompile(`\bimport\.meta\.(url|dirname|filename)\b`)
)

// placed gives a file that asks for it its place. A bundle has no files, so the
// place is what the file's would be if the action's folder were /usher.
func (j *job) placed(path, code string) string {
	place, head := j.place(path), j.withOwnFiles(path, code)
	if ownPlace.MatchString(code) && !declaresPlace.MatchString(code) {
		head += fmt.Sprintf("var __dirname = %q, __filename = %q; ", filepath.ToSlash(filepath.Dir(place)), place)
	}
	used := metaPlace.FindAllStringSubmatch(code, -1)
	for _, name := range []string{"url", "dirname", "filename"} {
		value := map[string]string{"url": "file://" + place, "dirname": filepath.ToSlash(filepath.Dir(place)), "filename": place}[name]
		if slices.ContainsFunc(used, func(m []string) bool { return m[1] == name }) {
			head += fmt.Sprintf("var __usher_meta_%s = %q; ", name, value)
		}
	}
	if head == "" {
		return code
	}
	code = metaPlace.ReplaceAllString(code, "__usher_meta_$1")
	at := 0
	if m := strictDirective.FindStringIndex(code); m != nil {
		at, head = m[1], "; "+head
	} else if strings.HasPrefix(code, "#!") {
		at = strings.IndexByte(code+"\n", '\n') + 1
	}
	at = min(at, len(code))
	return code[:at] + head + code[at:]
}

// rewrite returns what a file is loaded as, nothing when it is bundled as it is.
func (j *job) rewrite(path string, found api.OnLoadResult) api.OnLoadResult {
	if !codeFile.MatchString(path) {
		return found
	}
	var code string
	if found.Contents != nil {
		code = *found.Contents
	} else if code = readText(path); code == "" {
		return found
	}
	text := j.rewritten(path, code)
	if text == code {
		return found
	}
	if found.Contents == nil {
		found.ResolveDir, found.Loader = filepath.Dir(path), loaderOf(path)
	}
	found.Contents = &text
	return found
}

// codeFile finds the names of files that hold code.
var codeFile = regexp.MustCompile(`\.[cm]?[jt]sx?$`)
