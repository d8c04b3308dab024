// Package layers defines which package may import which: every package has a
// layer, imports go to lower layers only, and each big library has its sole
// importers. Its test checks the whole module.
package layers

// Layers, from the lowest to the highest.
const (
	domain         = iota // the types and the contract that all others share
	foundation            // small jobs that know nothing of the host
	infrastructure        // engines, stores and clients of the world outside
	service               // what the host does with an event or an action
	transport             // who speaks to the host, and how
	assembly              // the command: it may import everything below
	tooling               // tests, benchmarks and samples: nothing imports them
)

// Packages from the lowest layer to the highest. An entry stands for its package
// and for those below it that have no entry themselves.
var packages = []entry{
	{"host", domain},
	{"proto", domain},
	{"sdk", domain}, // for authors of actions: it knows nothing of the host

	{"host/child", foundation},
	{"host/dotenv", foundation},
	{"host/durable", foundation},
	{"host/fair", foundation},
	{"host/files", foundation},
	{"host/internal/jsscan", foundation},
	{"host/internal/text", foundation},
	{"host/made", foundation},
	{"host/redact", foundation},
	{"host/wasmbin", foundation},

	{"host/calljournal", infrastructure},
	{"host/egress", infrastructure},
	{"host/fake", infrastructure},
	{"host/jsbuild", infrastructure},
	{"host/sandbox", infrastructure},
	{"host/seal", infrastructure},
	{"host/sqlite", infrastructure},
	{"host/tape", infrastructure},
	{"host/web", infrastructure},
	{"host/webcrypto", infrastructure},

	{"host/builds", service},
	{"host/check", service},
	{"host/desired", service},
	{"host/executor", service},
	{"host/guest", service},
	{"host/notices", service},
	{"host/oracle", service},
	{"host/registry", service},
	{"host/replay", service},

	{"host/admin", transport},
	{"host/auth0", transport},
	{"host/client", transport},
	{"host/decisions", transport},
	{"host/ingress", transport},

	// Each of these may import those above it.
	{"host/release", assembly},
	{"host/profiles", assembly},
	{"host/settings", assembly},
	{"host/cli/term", assembly},
	{"host/cli/command", assembly},
	{"host/cli/eventfile", assembly},
	{"host/daemon", assembly},
	{"host/author", assembly},
	{"host/cli", assembly},
	{"host/cmd/usher", assembly},

	{"host/bench", tooling},
	{"host/deploy", tooling},
	{"host/internal", tooling},
	{"plugins", tooling},
}

// Parts of the big packages, from the lowest to the highest: a part imports only
// those before it, and the package itself imports them all.
var parts = map[string][]string{
	"host/sandbox": {"budget", "cachefile", "callstack", "snapshot", "wasi", "extism", "admission"},
	"host/jsbuild": {"dist", "intl", "npm", "sourcemap", "frames", "runtime", "bundle", "engine", "bootstrap"},
}

// Exceptions are the imports within a layer, and those that skip the interfaces
// through which services and transport reach infrastructure.
var exceptions = []exception{
	{"host/files", "host/internal/text", "an error about an unknown key names the nearest one"},
	{"proto", "host", "the contract's checks return the domain's errors"},
	{"host/jsbuild", "host/sandbox", "a JavaScript module is the snapshot of an instance that has loaded its code"},
	{"host/guest", "host/sandbox", "a run is a call of a module; an interface between the two would only repeat Call"},
	{"host/executor", "host/tape", "what it records is encoded before it is sealed: one form, with nothing to replace"},
	{"host/guest", "host/webcrypto", "a host function that computes, and holds nothing to replace"},
	{"host/oracle", "host/guest", "a replay is a run: an interface between the two would only repeat Runner"},
	{"host/oracle", "host/tape", "what it replays is what is stored, and what it stores is what usher replay reads"},
	{"host/replay", "host/guest", "a replay is a run: an interface between the two would only repeat Runner"},
	{"host/replay", "host/tape", "what it exports and shows is in the one form that there is"},
	{"host/admin", "host/web", webReason},
	{"host/auth0", "host/web", webReason},
	{"host/decisions", "host/web", webReason},
	{"host/ingress", "host/web", webReason},
}

const webReason = "what all HTTP has in common: problems, keys, limits of requests"

// Libraries that only their sole importers use, so that each can be replaced in
// one place.
var libraries = []library{
	{"github.com/tetratelabs/wazero", []string{"host/sandbox", "host/bench"}},
	{"github.com/extism/go-sdk", []string{"host/sandbox", "host/bench"}},
	{"github.com/evanw/esbuild", []string{"host/jsbuild"}},
	{"github.com/go-sourcemap/sourcemap", []string{"host/jsbuild"}},
	{"github.com/Masterminds/semver", []string{"host/jsbuild"}},
	{"github.com/landlock-lsm/go-landlock", []string{"host/child"}},
	{"modernc.org/sqlite", []string{"host/sqlite"}},
	{"github.com/pressly/goose", []string{"host/sqlite"}},
	{"github.com/tink-crypto/tink-go", []string{"host/seal"}},
	{"github.com/cloudevents/sdk-go", []string{"host/ingress"}},
	{"github.com/golang-jwt/jwt", []string{"host/auth0"}},
	{"github.com/labstack/echo", []string{"host/web", "host/ingress", "host/decisions", "host/admin", "host/auth0", "host/daemon", "host/author", "host/cmd/usher", "host/bench"}},
	{"github.com/prometheus/client_golang", []string{"host/executor", "host/ingress", "host/notices", "host/daemon", "host/cmd/usher"}},
	{"github.com/spf13/cobra", []string{"host/cli", "host/author", "host/cmd/usher"}},
	{"github.com/coreos/go-systemd", []string{"host/daemon"}},
	{"github.com/knadh/koanf", []string{"host/settings"}},
	{"github.com/santhosh-tekuri/jsonschema", []string{"proto"}},
	{"google.golang.org/protobuf", []string{"proto", "host/tape"}},
	{"github.com/hanwen/go-fuse", []string{"host/internal/powerloss"}},
	{"github.com/CycloneDX/cyclonedx-go", []string{"host/internal/release"}},
	{"github.com/google/licensecheck", []string{"host/internal/release"}},
}

type entry struct {
	name  string
	layer int
}

type exception struct {
	from, to string
	reason   string
}

type library struct {
	prefix    string
	importers []string
}
