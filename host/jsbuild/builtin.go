package jsbuild

import (
	"slices"
	"strings"
)

// builtins are the modules of Node 22 that a bare name asks for.
var builtins = words(`assert assert/strict async_hooks buffer child_process cluster console constants crypto dgram
	diagnostics_channel dns dns/promises domain events fs fs/promises http http2 https inspector inspector/promises
	module net os path path/posix path/win32 perf_hooks process punycode querystring readline readline/promises repl
	stream stream/consumers stream/promises stream/web string_decoder sys timers timers/promises tls trace_events tty
	url util util/types v8 vm wasi worker_threads zlib`)

// prefixed are those that need "node:" before them.
var prefixed = words("sea sqlite test test/reporters")

// unable are the modules whose work a sandbox without sockets, files and
// processes cannot do, each with what does it instead.
var unable = map[string]string{
	"child_process":  "an action cannot start processes: call a service over HTTP instead",
	"cluster":        "an action cannot start processes: call a service over HTTP instead",
	"dgram":          "an action has no sockets: use fetch or node:https",
	"dns":            "an action cannot look names up: use fetch, which does it",
	"dns/promises":   "an action cannot look names up: use fetch, which does it",
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

// likeBuiltin returns the names of Node modules that look like name.
func likeBuiltin(name string) []string {
	var names []string
	for builtin := range builtins {
		names = append(names, builtin)
	}
	return closest(name, names)
}

// closest returns the names that differ from name by a typing error, the
// likeliest first.
func closest(name string, names []string) []string {
	distances := map[string]int{}
	var near []string
	for _, other := range names {
		d := distance(strings.ToLower(name), strings.ToLower(other))
		if d <= max(1, len(name)/4) {
			distances[other] = d
			near = append(near, other)
		}
	}
	slices.SortFunc(near, func(a, b string) int {
		if d := distances[a] - distances[b]; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return near[:min(len(near), 3)]
}

// distance counts the letters to add, drop, change or swap to get from a to b.
func distance(a, b string) int {
	rows := [3][]int{}
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
	}
	for j := range rows[1] {
		rows[1][j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, above, row := rows[0], rows[1], rows[2]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		rows[0], rows[1], rows[2] = above, row, before
	}
	return rows[1][len(b)]
}
