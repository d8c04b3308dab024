package bundle

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/jsbuild/npm"
)

// messages translates esbuild's messages, in their order and without repetitions:
// how often a pattern finds a forbidden file would show what is there.
func (j *job) messages(found []api.Message) []host.BuildMessage {
	list := make([]host.BuildMessage, 0, len(found))
	seen := map[host.BuildMessage]bool{}
	for _, m := range found {
		if message := j.message(m); !seen[message] {
			seen[message] = true
			list = append(list, message)
		}
	}
	return list
}

// message translates one of esbuild's messages into the author's terms.
func (j *job) message(m api.Message) host.BuildMessage {
	out := host.BuildMessage{Text: lowerFirst(m.Text)}
	if m.Location != nil {
		out.File = j.title(m.Location.File)
		out.Line = m.Location.Line
		out.Column = utf8.RuneCountInString(m.Location.LineText[:min(m.Location.Column, len(m.Location.LineText))]) + 1
		out.LineText = m.Location.LineText
	}
	for _, rule := range rules {
		if parts := rule.form.FindStringSubmatch(m.Text); parts != nil {
			rule.translate(j, m, parts[1:], &out)
			return out
		}
	}
	if strings.HasSuffix(out.File, ".json") {
		out.Text = "not JSON: " + out.Text
	}
	out.Hint = j.hint(m)
	return out
}

// title returns the name by which the author knows a file.
func (j *job) title(file string) string {
	if title, ok := sharedModuleTitle(file); ok {
		return title
	}
	file = filepath.ToSlash(file)
	if at := strings.LastIndex(file, "node_modules/.pnpm/"); at >= 0 {
		file = file[strings.LastIndex(file, "node_modules/"):]
	} else if at := strings.Index("/"+file, "/node_modules/"); at >= 0 {
		file = file[at:]
	}
	if file == filepath.ToSlash(filepath.Base(j.entry)) {
		return j.src.Name
	}
	return file
}

// rule translates the messages of one form.
type rule struct {
	form      *regexp.Regexp
	translate func(j *job, m api.Message, parts []string, out *host.BuildMessage)
}

var rules = []rule{
	{regexp.MustCompile(`^Could not resolve "(.*)"`), (*job).unresolvedImport},
	{regexp.MustCompile(`^Could not resolve (?:require|import)\("(.*)"\)`), (*job).unresolvedImport},
	{regexp.MustCompile(`^No loader is configured for "(.*?)" files: (.*)`), (*job).unsupportedFile},
	{regexp.MustCompile(`^Top-level await is currently not supported`), (*job).topLevelAwait},
	{regexp.MustCompile(`^No matching export in "(.*?)" for import "(.*?)"`), (*job).missingExport},
	{regexp.MustCompile(`^(?:Expected|Unexpected|Unterminated|Syntax error|Invalid|The symbol|Legacy octal|Top-level return|"await" can only|With statements|Delete of)`), (*job).syntaxError},
	{regexp.MustCompile(`^This call to "(?:require|import)" will not be bundled`), (*job).computedImport},
	{regexp.MustCompile(`^Could not read from file: (.*)`), (*job).unreadableFile},
}

func (j *job) syntaxError(m api.Message, _ []string, out *host.BuildMessage) {
	prefix := "syntax error: "
	if strings.HasSuffix(out.File, ".json") {
		prefix = "not JSON: "
	}
	out.Text = prefix + strings.TrimPrefix(out.Text, "syntax error ")
	out.Hint = j.remark(m)
}

func (j *job) topLevelAwait(_ api.Message, _ []string, out *host.BuildMessage) {
	out.Text = "await is outside of a function, where an action cannot wait"
	out.Hint = "move it into the handler, or into a function that the handler awaits"
	if dir := npm.PackageDir("/" + out.File); dir != "" {
		out.Hint = fmt.Sprintf("use a version of %s without it, or another package", npm.PackageName(dir))
	}
}

func (j *job) missingExport(m api.Message, parts []string, out *host.BuildMessage) {
	out.Text = fmt.Sprintf("%s exports no %q", j.title(parts[0]), parts[1])
	out.Hint = j.hint(m)
}

func (j *job) computedImport(_ api.Message, _ []string, out *host.BuildMessage) {
	out.Text = "the name of this import is only known in a run, so the module is not in the action"
	out.Hint = `write each name out, as in require("axios")`
}

func (j *job) unreadableFile(_ api.Message, parts []string, out *host.BuildMessage) {
	out.Text = fmt.Sprintf("cannot read %s", j.title(parts[0]))
	out.Hint = "check that the file exists and is readable"
}

func (j *job) unsupportedFile(_ api.Message, parts []string, out *host.BuildMessage) {
	name := ""
	if dir := npm.PackageDir("/" + parts[1]); dir != "" {
		name = npm.PackageName(dir)
	}
	switch parts[0] {
	case ".node":
		out.Text = fmt.Sprintf("%s is a native add-on, machine code, which a sandbox cannot run", j.title(parts[1]))
		out.Hint = "use a package that is written in JavaScript"
		if other := quirkOf(name).native; other != "" {
			out.Hint = "use " + other + " instead"
		}
	case ".wasm":
		out.Text = fmt.Sprintf("%s is WebAssembly, which JavaScript actions cannot run", j.title(parts[1]))
		out.Hint = "make it an action of its own, or use a package that is written in JavaScript"
	default:
		out.Text = fmt.Sprintf("%s is neither code nor JSON nor text", j.title(parts[1]))
		out.Hint = "import .js, .ts, .json or .txt files; keep other data in one of them"
	}
}

// hint returns esbuild's own hint, "" when there is none.
func (j *job) hint(m api.Message) string {
	if m.Location != nil && m.Location.Suggestion != "" {
		return fmt.Sprintf("did you mean %q?", m.Location.Suggestion)
	}
	return j.remark(m)
}

// remark returns the first of esbuild's notes that is useful for an author, "" when
// there is none.
func (j *job) remark(m api.Message) string {
	for _, n := range m.Notes {
		if n.Text == "" || aboutEsbuild.MatchString(n.Text) {
			continue
		}
		text := strings.TrimSuffix(lowerFirst(n.Text), ".")
		if n.Location != nil {
			text = fmt.Sprintf("%s %s:%d:%d", text, j.title(n.Location.File), n.Location.Line, n.Location.Column+1)
		}
		return text
	}
	return ""
}

// aboutEsbuild finds notes about settings that authors don't have.
var aboutEsbuild = regexp.MustCompile(`(?i)esbuild|loader|platform|mark the path|main field|plugin|output format|configured|target environment`)

// lowerFirst returns text with its first letter in lower case, unless text begins
// with a word in capitals.
func lowerFirst(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	second, _ := utf8.DecodeRuneInString(text[size:])
	if unicode.IsUpper(second) {
		return text
	}
	return string(unicode.ToLower(first)) + text[size:]
}
