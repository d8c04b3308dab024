// Package jsscan finds what the code of a script names: the secrets that it reads,
// the origins that it writes out, and the packages that it imports. It looks at
// tokens, not at comments, and runs nothing: a name that code computes is not found.
package jsscan

import (
	"regexp"
	"slices"
	"strings"
)

// Found is what a script names, each list sorted and without repetition.
type Found struct {
	Secrets  []string `json:"secrets"`
	Origins  []string `json:"origins"`  // such as https://api.example.com
	Packages []string `json:"packages"` // as imports name them, without a path inside: @scope/name
	Files    []string `json:"-"`        // as imports name them: ./lib/a.js
}

// Empty reports whether the script names nothing.
func (f Found) Empty() bool { return len(f.Secrets)+len(f.Origins)+len(f.Packages) == 0 }

// Scan looks through a script.
func Scan(code string) Found {
	s := &scan{tokens: tokens(code), secrets: map[string]bool{secrets: true}}
	s.aliases()
	found := Found{Secrets: []string{}, Origins: []string{}, Packages: []string{}, Files: []string{}}
	for i, t := range s.tokens {
		found.Secrets = append(found.Secrets, s.secretsAt(i)...)
		if t.kind == str || t.kind == broken {
			if origin := originOf(t); origin != "" && !s.imports(i) {
				found.Origins = append(found.Origins, origin)
			}
		}
		if t.kind == str && (strings.HasPrefix(t.text, "./") || strings.HasPrefix(t.text, "../")) && s.imports(i) {
			found.Files = append(found.Files, t.text)
		}
		if name := packageOf(t.text); t.kind == str && name != "" && s.imports(i) {
			found.Packages = append(found.Packages, name)
		}
	}
	for _, list := range []*[]string{&found.Secrets, &found.Origins, &found.Packages, &found.Files} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return found
}

// Mentions reports whether a name stands in code as a word of its own, anywhere.
func Mentions(code, name string) bool {
	return regexp.MustCompile(`(?:^|[^\w])` + regexp.QuoteMeta(name) + `(?:$|[^\w])`).MatchString(code)
}

// secrets is the property of an event that has an action's secrets.
const secrets = "secrets"

type scan struct {
	tokens  []token
	secrets map[string]bool // the names of what has the secrets: secrets, and variables with its value
}

func (s *scan) at(i int) token {
	if i < 0 || i >= len(s.tokens) {
		return token{sign, ""}
	}
	return s.tokens[i]
}

func (s *scan) isAccess(i int) bool {
	return s.at(i).is(sign, ".") || s.at(i).is(sign, "?.")
}

// aliases finds variables that get the secrets: s = event.secrets, and { secrets: s }.
func (s *scan) aliases() {
	for i, t := range s.tokens {
		if !t.is(word, secrets) {
			continue
		}
		if s.at(i+1).is(sign, ":") && s.at(i+2).kind == word && !s.isAccess(i+3) {
			s.secrets[s.at(i+2).text] = true
		}
		from := s.start(i)
		if s.at(from-1).is(sign, "=") && s.at(from-2).kind == word && !s.isAccess(i+1) && !s.at(i+1).is(sign, "[") && !s.at(i+1).is(sign, "(") {
			s.secrets[s.at(from-2).text] = true
		}
	}
}

// start returns where the chain of names begins that ends at i: event.secrets.
func (s *scan) start(i int) int {
	for s.isAccess(i-1) && s.at(i-2).kind == word {
		i -= 2
	}
	return i
}

// secretsAt returns the secrets that are read at i: of secrets.NAME, secrets["NAME"],
// { NAME } = secrets and { secrets: { NAME } }.
func (s *scan) secretsAt(i int) []string {
	t := s.at(i)
	if t.kind != word || !s.secrets[t.text] || t.text != secrets && s.isAccess(i-1) {
		return nil
	}
	next := i + 1
	if s.isAccess(next) {
		next++
	}
	if s.at(next).is(sign, "[") || next > i+1 {
		return s.accessed(next, next > i+1)
	}
	if s.at(next).is(sign, ":") && s.at(next+1).is(sign, "{") {
		return s.keys(next + 1)
	}
	from := s.start(i)
	if open := s.opening(from - 2); s.at(from-1).is(sign, "=") && open >= 0 {
		return s.keys(open)
	}
	return nil
}

// accessed returns the property that is read at i: one in brackets or, behind a dot, a
// name that is not called.
func (s *scan) accessed(i int, dot bool) []string {
	name := s.at(i)
	if name.is(sign, "[") && s.at(i+1).kind == str && s.at(i+2).is(sign, "]") {
		return valid(s.at(i + 1).text)
	}
	if dot && name.kind == word && !s.at(i+1).is(sign, "(") {
		return valid(name.text)
	}
	return nil
}

// opening returns where the braces open that close at i, -1 when none do.
func (s *scan) opening(i int) int {
	if !s.at(i).is(sign, "}") {
		return -1
	}
	for depth := 0; i >= 0; i-- {
		switch {
		case s.at(i).is(sign, "}"):
			depth++
		case s.at(i).is(sign, "{"):
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// keys returns the keys of a pattern whose braces open at i: what follows them and
// each comma right in them.
func (s *scan) keys(i int) (names []string) {
	depth := 0
	for ; i < len(s.tokens); i++ {
		t := s.at(i)
		if t.kind == sign && strings.Contains("}])", t.text) {
			if depth--; depth == 0 {
				return names
			}
		}
		opens := t.kind == sign && strings.Contains("{[(", t.text)
		if opens {
			depth++
		}
		if next := s.at(i + 1); depth == 1 && (opens || t.is(sign, ",")) && next.kind != sign {
			names = append(names, valid(next.text)...)
		}
	}
	return names
}

// secretName is what a secret can be called.
var secretName = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_.-]*$`)

func valid(name string) []string {
	if !secretName.MatchString(name) || strings.Contains(name, "$") {
		return nil
	}
	return []string{name}
}

// address finds the origin at the beginning of an address.
var address = regexp.MustCompile(`^(https?://[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d+)?)([/?#]|$)`)

// names are hosts of names that are no addresses, such as those of XML.
var names = regexp.MustCompile(`^https?://(?:www\.w3\.org|schemas\.[a-z.]+|json-schema\.org)$`)

// originOf returns the origin of the address that a string begins with. In a template
// the host must end before the first expression.
func originOf(t token) string {
	m := address.FindStringSubmatch(strings.TrimSpace(t.text))
	if m == nil || names.MatchString(m[1]) || t.kind == broken && m[2] == "" {
		return ""
	}
	return strings.ToLower(m[1])
}

// imports reports whether the string at i is what an import or a require names.
func (s *scan) imports(i int) bool {
	before := s.at(i - 1)
	if before.is(word, "from") || before.is(word, "import") {
		return true
	}
	caller := s.at(i - 2)
	return before.is(sign, "(") && (caller.is(word, "require") || caller.is(word, "import")) && !s.isAccess(i-3)
}

// packageName finds the package that an import names; a version may follow.
var packageName = regexp.MustCompile(`^((?:@[A-Za-z0-9~][\w.~-]*/)?[A-Za-z0-9~][\w.~-]*)(?:@[^/]*)?(?:/.*)?$`)

func packageOf(path string) string {
	m := packageName.FindStringSubmatch(path)
	if m == nil || strings.HasPrefix(path, "node:") {
		return ""
	}
	return m[1]
}
