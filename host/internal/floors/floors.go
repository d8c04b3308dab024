// Package floors says which package may import which: imports go down only,
// neighbours on a floor meet in the command, and each big library has one
// keeper. Its test holds the whole host to it.
package floors

import (
	"fmt"
	"slices"
	"strings"
)

// module is the path that our own packages begin with.
const module = "github.com/usherhost/usher/"

// Package is what go list says of a package: its path, and what its files
// import that are no tests.
type Package struct {
	ImportPath string
	Imports    []string
}

// place is a package of ours, with those below it, and what it may import of
// ours besides itself.
type place struct {
	name string
	may  []string
}

var (
	words    = []string{"host", "proto"}
	anything = []string{"*"}
	doors    = append(slices.Clone(words), "host/web")
)

// places lists every package from the lowest floor to the highest. What is not
// listed has no floor, and fails the test until it has.
var places = []place{
	// Words.
	{"host", nil},
	{"proto", []string{"host"}},
	// Machines.
	{"host/child", nil},
	{"host/durable", nil},
	{"host/fair", nil},
	{"host/sandbox", []string{"host", "proto", "host/child", "host/fair", "host/wasmbin"}}, // fair: places to compile in, by uploader,
	{"host/wasmbin", words},
	{"host/egress", append(slices.Clone(words), "host/fair")},
	{"host/redact", nil},
	{"host/files", words}, // reads other people's folders for those that know what stands there
	{"host/fake", append(slices.Clone(words), "host/redact", "host/files")}, // what it records passes the one redactor
	{"host/seal", append(slices.Clone(words), "host/durable")},
	{"host/webcrypto", nil},
	{"host/jsbuild", append(slices.Clone(words), "host/child", "host/sandbox", "host/wasmbin")},
	{"host/sqlite", append(slices.Clone(words), "host/durable")},
	{"host/postgres", words},
	{"host/web", words},
	// Work.
	{"host/executor", words},
	{"host/registry", append(slices.Clone(words), "host/fair")}, // places to build in, by author
	{"host/guest", append(slices.Clone(words), "host/fair", "host/redact", "host/sandbox", "host/webcrypto")},
	// Doors.
	{"host/ingress", doors},
	{"host/admin", doors},
	{"host/auth0", doors},
	{"host/dashboard", doors},
	{"host/client", doors},
	{"host/config", append(slices.Clone(words), "host/files")}, // what the command writes to files and reads from them
	// Assembly, and what only measures and tests.
	{"host/cmd", anything},
	{"host/bench", anything},
	{"host/internal", anything},
	// What authors build their actions with stands beside the host.
	{"sdk", nil},
	{"plugins", []string{"sdk"}},
}

// library is somebody else's code that only its keepers import.
type library struct {
	prefix  string
	keepers []string
}

var libraries = []library{
	{"github.com/tetratelabs/wazero", []string{"host/sandbox", "host/bench"}},
	{"github.com/extism/go-sdk", []string{"host/sandbox", "host/bench"}},
	{"github.com/extism/go-pdk", []string{"sdk", "plugins"}},
	{"github.com/evanw/esbuild", []string{"host/jsbuild"}},
	{"github.com/landlock-lsm/go-landlock", []string{"host/child"}},
	{"modernc.org/sqlite", []string{"host/sqlite"}},
	{"github.com/hanwen/go-fuse", []string{"host/internal/powerloss"}},
	{"github.com/pressly/goose", []string{"host/sqlite", "host/postgres"}},
	{"github.com/jackc/pgx", []string{"host/postgres"}},
	{"github.com/riverqueue/river", []string{"host/postgres"}},
	{"github.com/tink-crypto", []string{"host/seal"}},
	{"github.com/labstack/echo", []string{"host/web", "host/ingress", "host/admin", "host/auth0", "host/dashboard", "host/client", "host/cmd"}},
	{"github.com/golang-jwt/jwt", []string{"host/auth0"}},
	{"github.com/prometheus", []string{"host/executor", "host/ingress", "host/admin", "host/dashboard", "host/client", "host/web", "host/cmd"}},
	{"github.com/spf13/cobra", []string{"host/cmd"}},
	{"github.com/knadh/koanf", []string{"host/cmd"}},
	{"google.golang.org/protobuf", []string{"proto"}},
	{"github.com/santhosh-tekuri/jsonschema", []string{"proto"}},
}

// Check returns one line for each import that breaks a rule, naming the rule.
// Packages that are not ours are not looked at.
func Check(packages []Package) []string {
	var broken []string
	for _, p := range packages {
		name, ours := strings.CutPrefix(p.ImportPath, module)
		if !ours {
			continue
		}
		home, ok := placeOf(name)
		if !ok {
			broken = append(broken, fmt.Sprintf("%s has no floor: give it a place in host/internal/floors", name))
			continue
		}
		for _, path := range p.Imports {
			if reason := refuse(home, name, path); reason != "" {
				broken = append(broken, fmt.Sprintf("%s imports %s: %s", name, strings.TrimPrefix(path, module), reason))
			}
		}
	}
	return broken
}

// refuse says why a package may not import path, "" when it may.
func refuse(home place, name, path string) string {
	if target, ours := strings.CutPrefix(path, module); ours {
		return refuseOurs(home, target)
	}
	for _, l := range libraries {
		if below(path, l.prefix) && !slices.ContainsFunc(l.keepers, func(k string) bool { return below(name, k) }) {
			return fmt.Sprintf("only %s may import %s", strings.Join(l.keepers, ", "), l.prefix)
		}
	}
	if home.name == "host" && strings.Contains(strings.Split(path, "/")[0], ".") {
		return "package host imports the standard library alone"
	}
	return ""
}

func refuseOurs(home place, target string) string {
	there, ok := placeOf(target)
	switch {
	case !ok:
		return target + " has no floor: give it a place in host/internal/floors"
	case there.name == home.name:
		return ""
	case slices.Equal(home.may, anything) || slices.Contains(home.may, there.name):
		return ""
	case there.name == "host/internal" || there.name == "host/bench" || there.name == "host/cmd":
		return there.name + " is for tests, benchmarks and the command alone"
	case len(home.may) == 0:
		return home.name + " may import no other package of ours"
	}
	return fmt.Sprintf("%s may import only %s of ours; declare a small interface and meet in host/cmd/usher",
		home.name, strings.Join(home.may, ", "))
}

// placeOf returns the place that holds a package: the longest name that it is
// or lies below. Package host itself is no parent of the others.
func placeOf(name string) (place, bool) {
	var found place
	for _, p := range places {
		fits := name == p.name || p.name != "host" && below(name, p.name)
		if fits && len(p.name) > len(found.name) {
			found = p
		}
	}
	return found, found.name != ""
}

// below reports whether path is parent or lies below it.
func below(path, parent string) bool {
	return path == parent || strings.HasPrefix(path, parent+"/")
}
