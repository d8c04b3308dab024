package nodesame_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// known are the files of which something is to be said.
var known = map[string]action{
	"tag-user-auth0-js": {secure: true},
	"parallel.js":       {unordered: true},
	// Where V8 names the expression, the engine knows only what went wrong.
	"undefineds.js": {differs: []line{
		bug("call: TypeError", "event.user.notThere is not a function", "not a function"),
		bug("spread: TypeError", "Spread syntax requires ...iterable[Symbol.iterator] to be a function", "value is not iterable"),
		bug("construct: TypeError", "(intermediate value) is not a constructor", "not a constructor"),
		bug("bigint: TypeError", "Cannot mix BigInt and other types, use explicit conversions", "cannot convert BigInt to number"),
		bug("regexp: SyntaxError", "Invalid regular expression: /(/: Unterminated group", "expecting ')'"),
		bug("nullish: TypeError", "Cannot destructure property 'a' of 'null' as it is null.", "Cannot convert undefined or null to object"),
		bug("instance: TypeError", "Right-hand side of 'instanceof' is not an object", "invalid 'instanceof' right operand"),
		bug("inside: TypeError", "Cannot use 'in' operator to search for 'a' in b", "invalid 'in' operand"),
		bug("frozen: TypeError", "Cannot add property 1, object is not extensible", "object is not extensible"),
	}},
}

// bug is the line that undefineds.js writes for a mistake.
func bug(name, node, usher string) line {
	text := func(message string) string { return "info " + name + " undefined " + message + " true" }
	return line{text(node), text(usher)}
}

// actions are the samples that are scripts, and testdata.
func actions(t *testing.T) []action {
	t.Helper()
	samples, err := filepath.Glob(plugins + "/*/action.[jt]s")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir("testdata/actions")
	if err != nil {
		t.Fatal(err)
	}
	var all []action
	for _, path := range samples {
		if strings.Contains(path, "assemblyscript") {
			continue
		}
		a := known[filepath.Base(filepath.Dir(path))]
		a.path = path
		all = append(all, a)
	}
	for _, e := range entries {
		a := known[e.Name()]
		a.path, a.packages = filepath.Join("testdata/actions", e.Name()), plugins+"/store-user-js"
		all = append(all, a)
	}
	return all
}
