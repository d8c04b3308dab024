package bundle

import (
	"slices"
	"strings"

	"github.com/usherhost/usher/host/internal/text"
)

// builtins are the modules of Node 22 that a bare name imports.
var builtins = words(`assert assert/strict async_hooks buffer child_process cluster console constants crypto dgram
	diagnostics_channel dns dns/promises domain events fs fs/promises http http2 https inspector inspector/promises
	module net os path path/posix path/win32 perf_hooks process punycode querystring readline readline/promises repl
	stream stream/consumers stream/promises stream/web string_decoder sys timers timers/promises tls trace_events tty
	url util util/types v8 vm wasi worker_threads zlib
	_http_agent _http_client _http_common _http_incoming _http_outgoing _http_server _stream_duplex _stream_passthrough
	_stream_readable _stream_transform _stream_wrap _stream_writable _tls_common _tls_wrap`)

// prefixed are those that need the prefix "node:".
var prefixed = words("sea sqlite test test/reporters")

// unable are the modules that do not work in a sandbox without sockets, files and
// processes, each with a hint on what to use instead.
var unable = map[string]string{
	"child_process":  "an action cannot start processes: call a service over HTTP instead",
	"cluster":        "an action cannot start processes: call a service over HTTP instead",
	"dgram":          "an action has no sockets: use fetch or node:https",
	"dns":            "an action cannot resolve host names: use fetch, which does it",
	"dns/promises":   "an action cannot resolve host names: use fetch, which does it",
	"fs":             "an action has no files: import the text or JSON, or use event.secrets",
	"fs/promises":    "an action has no files: import the text or JSON, or use event.secrets",
	"http2":          "an action speaks HTTP through fetch or node:https; the host chooses the protocol's version",
	"net":            "an action has no sockets: use fetch or node:https",
	"repl":           "an action has no terminal",
	"sqlite":         "an action has no files: call a database over HTTP instead",
	"tls":            "an action has no sockets: use fetch or node:https",
	"vm":             "an action has one context: call the code as a function instead",
	"wasi":           "an action cannot run WebAssembly: make it an action of its own",
	"worker_threads": "an action has one thread: start the work's requests together with Promise.all",
}

// sockets are the modules by which packages connect.
var sockets = words("dns dns/promises net tls")

// tolerated are modules that packages import though they work without them.
var tolerated = words("child_process dns dns/promises fs fs/promises http2 sqlite vm worker_threads")

func words(text string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(text) {
		set[word] = true
	}
	return set
}

// builtinOf returns the Node module that an import names, without "node:".
func builtinOf(path string) (name string, ok bool) {
	name, explicit := strings.CutPrefix(path, "node:")
	return name, builtins[name] || explicit && prefixed[name]
}

// IsBuiltin reports whether an import names a module of Node.
func IsBuiltin(path string) bool {
	_, is := builtinOf(path)
	return is
}

// likeBuiltin returns the names of Node modules that are similar to name.
func likeBuiltin(name string) []string {
	var names []string
	for builtin := range builtins {
		names = append(names, builtin)
	}
	return closest(name, names)
}

// closest returns the names that differ from name by a typing error, the most
// similar first.
func closest(name string, names []string) []string {
	return text.Nearest(name, slices.Sorted(slices.Values(names)), max(1, len(name)/4))
}
