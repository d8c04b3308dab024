package nodesame_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
)

// known are the files of which something is to be said.
var known = map[string]action{
	"tag-user-auth0-js": {secure: true},
	"parallel.js":       {unordered: true},
	// Of an array pattern, V8 names what it gets only when that is a variable.
	"undefineds.js": {differs: []line{
		bug("isNotIterable: TypeError", "undefined is not iterable (cannot read property Symbol(Symbol.iterator))", "event.user.missing is not iterable"),
		bug("frozen: TypeError", "Cannot add property 1, object is not extensible", "object is not extensible"),
	}},
}

// bug is the line that undefineds.js writes for a mistake.
func bug(name, node, usher string) line {
	text := func(message string) string { return "info " + name + " undefined " + message + " true" }
	return line{text(node), text(usher)}
}

// actions are the samples that are scripts and run after the registration, and testdata.
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
		code, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(path, "assemblyscript") || !bytes.Contains(code, []byte(host.PostUserRegistration.Entry())) {
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
