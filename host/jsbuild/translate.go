package jsbuild

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/usherhost/usher/host"
)

// messages translates what esbuild says, in its order and once: how often a
// pattern found a file that it may not tells what there is.
func (j *job) messages(found []api.Message) []host.BuildMessage {
	list := make([]host.BuildMessage, 0, len(found))
	said := map[host.BuildMessage]bool{}
	for _, m := range found {
		if message := j.message(m); !said[message] {
			said[message] = true
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
			rule.say(j, m, parts[1:], &out)
			return out
		}
	}
	if strings.HasSuffix(out.File, ".json") {
		out.Text = "not JSON: " + out.Text
	}
	out.Hint = j.advice(m)
	return out
}

// title is a file's name as its author knows it.
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
	form *regexp.Regexp
	say  func(j *job, m api.Message, parts []string, out *host.BuildMessage)
}

var rules = []rule{
	{regexp.MustCompile(`^Could not resolve "(.*)"`), (*job).sayUnresolved},
	{regexp.MustCompile(`^Could not resolve (?:require|import)\("(.*)"\)`), (*job).sayUnresolved},
	{regexp.MustCompile(`^No loader is configured for "(.*?)" files: (.*)`), (*job).sayUnreadable},
	{regexp.MustCompile(`^Top-level await is currently not supported`), (*job).sayAwait},
	{regexp.MustCompile(`^No matching export in "(.*?)" for import "(.*?)"`), (*job).sayNoExport},
	{regexp.MustCompile(`^(?:Expected|Unexpected|Unterminated|Syntax error|Invalid|The symbol|Legacy octal|Top-level return|"await" can only|With statements|Delete of)`), (*job).saySyntax},
	{regexp.MustCompile(`^This call to "(?:require|import)" will not be bundled`), (*job).sayComputed},
	{regexp.MustCompile(`^Could not read from file: (.*)`), (*job).sayLost},
}

func (j *job) saySyntax(m api.Message, _ []string, out *host.BuildMessage) {
	prefix := "syntax error: "
	if strings.HasSuffix(out.File, ".json") {
		prefix = "not JSON: "
	}
	out.Text = prefix + strings.TrimPrefix(out.Text, "syntax error ")
	out.Hint = j.remark(m)
}

func (j *job) sayAwait(_ api.Message, _ []string, out *host.BuildMessage) {
	out.Text = "await stands outside of a function, where an action cannot wait"
	out.Hint = "move it into the handler, or into a function that the handler awaits"
	if dir := packageDir("/" + out.File); dir != "" {
		out.Hint = fmt.Sprintf("use a version of %s that does without, or another package", packageName(dir))
	}
}

func (j *job) sayNoExport(m api.Message, parts []string, out *host.BuildMessage) {
	out.Text = fmt.Sprintf("%s exports no %q", j.title(parts[0]), parts[1])
	out.Hint = j.advice(m)
}

func (j *job) sayComputed(_ api.Message, _ []string, out *host.BuildMessage) {
	out.Text = "what this asks for is known only in a run, so nothing of it is in the action"
	out.Hint = `write the name out, as in require("axios"), once for each`
}

func (j *job) sayLost(_ api.Message, parts []string, out *host.BuildMessage) {
	out.Text = fmt.Sprintf("cannot read %s", j.title(parts[0]))
	out.Hint = "look whether the file is there and readable"
}

// insteadOf are packages in JavaScript for some that are machine code.
var insteadOf = map[string]string{
	"bcrypt": "scrypt of node:crypto", "argon2": "hash-wasm", "node-sass": "sass", "canvas": "an image service", "sharp": "an image service",
	"sqlite3": "a database over HTTP", "better-sqlite3": "a database over HTTP", "re2": "JavaScript's own RegExp",
	"node-rsa": "node:crypto", "ursa": "node:crypto", "libxmljs": "@xmldom/xmldom", "libxmljs2": "@xmldom/xmldom",
}

func (j *job) sayUnreadable(_ api.Message, parts []string, out *host.BuildMessage) {
	name := ""
	if dir := packageDir("/" + parts[1]); dir != "" {
		name = packageName(dir)
	}
	switch parts[0] {
	case ".node":
		out.Text = fmt.Sprintf("%s is a native add-on, machine code that no sandbox runs", j.title(parts[1]))
		out.Hint = "use a package that is written in JavaScript"
		if other := insteadOf[name]; other != "" {
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

// advice is esbuild's own, "" when it has none.
func (j *job) advice(m api.Message) string {
	if m.Location != nil && m.Location.Suggestion != "" {
		return fmt.Sprintf("did you mean %q?", m.Location.Suggestion)
	}
	return j.remark(m)
}

// remark is the first of esbuild's notes that tells an author something.
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

// aboutEsbuild finds notes on settings that an author has not.
var aboutEsbuild = regexp.MustCompile(`(?i)esbuild|loader|platform|mark the path|main field|plugin|output format|configured|target environment`)

// lowerFirst begins a text in lower case, unless with a name in capitals.
func lowerFirst(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	second, _ := utf8.DecodeRuneInString(text[size:])
	if unicode.IsUpper(second) {
		return text
	}
	return string(unicode.ToLower(first)) + text[size:]
}

// asError returns messages as an error, nil when there are none.
func asError(list []host.BuildMessage) error {
	if len(list) == 0 {
		return nil
	}
	return &host.BuildFailure{Messages: list}
}

var errNoOutput = errors.New("esbuild wrote no bundle")
