package jsmatrix_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// forms are the ways in which an action asks for a package.
var forms = []form{
	{name: "require", file: "action.cjs", head: "exports.onExecutePostUserRegistration = ", write: required},
	{name: "import", file: "action.mjs", head: "export const onExecutePostUserRegistration = ", write: func(s statement) string { return s.line }},
}

type form struct {
	name  string
	file  string                 // whose ending says the form to Node and to the bundler
	head  string                 // before the handler
	write func(statement) string // a statement that asks for a package
}

// source is a file of testdata/actions: what is tried, what services answer,
// the packages, and the body of a handler. README.md of testdata has the form.
type source struct {
	name    string // of the file, without its ending
	tried   string
	reason  string // why it differs from Node; "" where it must not
	answers []answer
	without []*regexp.Regexp // what requests are compared without
	uses    []statement
	body    string
}

// statement is an import, and what the form with require has behind its call:
// `import a from "b"; // .c` is require("b").c.
type statement struct {
	line, names, from, property string
}

var (
	importLine = regexp.MustCompile(`^import (?:(.+) from )?"([^"]+)";(?: // (\.\w+))?$`)
	answerLine = regexp.MustCompile(`^// (\d{3}) ([A-Z*]+) (\S+)( !)?(?: ~(\S+))?(?: \[([\w-]+): ([^\]]*)\])?(?: (.*))?$`)
)

func readSource(t *testing.T, file string) *source {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := &source{name: strings.TrimSuffix(filepath.Base(file), ".js")}
	lines := strings.Split(string(text), "\n")
	for len(lines) > 0 && s.read(lines[0]) {
		lines = lines[1:]
	}
	s.body = strings.TrimSpace(strings.Join(lines, "\n"))
	if s.tried == "" || len(s.uses) == 0 || s.body == "" {
		t.Fatalf("%s: it needs a first line that says what is tried, an import, and a body", file)
	}
	return s
}

// read reads a line before the body.
func (s *source) read(line string) bool {
	if m := importLine.FindStringSubmatch(line); m != nil {
		s.uses = append(s.uses, statement{line: line, names: m[1], from: m[2], property: m[3]})
		return true
	}
	if m := answerLine.FindStringSubmatch(line); m != nil {
		status, _ := strconv.Atoi(m[1])
		a := answer{status: status, method: m[2], target: m[3], once: m[4] != "", holds: m[5], header: [2]string{m[6], m[7]}, body: m[8]}
		s.answers = append(s.answers, a)
		return true
	}
	said, comment := strings.CutPrefix(line, "// ")
	switch {
	case !comment:
		return line == ""
	case s.tried == "":
		s.tried = said
	case strings.HasPrefix(said, "without "):
		s.without = append(s.without, regexp.MustCompile(strings.TrimPrefix(said, "without ")))
	default:
		s.reason = strings.TrimSpace(s.reason + " " + strings.TrimPrefix(said, "differs: "))
	}
	return true
}

// packages are those that the source asks for, without Node's own modules.
func (s *source) packages() []string {
	var names []string
	for _, u := range s.uses {
		if name := packageOf(u.from); !builtins[name] && !strings.HasPrefix(name, "node:") {
			names = append(names, name)
		}
	}
	return names
}

var builtins = map[string]bool{"crypto": true, "http": true, "https": true, "util": true, "fs": true, "stream": true, "events": true, "module": true}

// packageOf returns the package of a name that code asks for.
func packageOf(from string) string {
	parts := strings.SplitN(from, "/", 3)
	if strings.HasPrefix(from, "@") && len(parts) > 1 {
		return parts[0] + "/" + parts[1]
	}
	return parts[0]
}

// code is the action in a form.
func (s *source) code(f form) []byte {
	var b strings.Builder
	for _, u := range s.uses {
		b.WriteString(f.write(u) + "\n")
	}
	b.WriteString(f.head + "async (event) => {\n" + s.body + "\n};\n")
	return []byte(b.String())
}

// required is the statement with require.
func required(s statement) string {
	names := strings.TrimPrefix(s.names, "* as ")
	if whole, parts, both := strings.Cut(names, ", {"); both && whole != "" {
		s.names = whole
		return required(s) + "\n" + required(statement{names: "{" + parts, from: s.from})
	}
	if names == "" {
		return fmt.Sprintf("require(%q);", s.from)
	}
	if strings.HasPrefix(names, "{") {
		names = strings.ReplaceAll(names, " as ", ": ")
	}
	return fmt.Sprintf("const %s = require(%q)%s;", names, s.from, s.property)
}
