package jsbuild_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/usherhost/usher/host/internal/jstest"
)

// nodesModules are those of Node 22.
var nodesModules = strings.Fields(`_http_agent _http_client _http_common _http_incoming _http_outgoing _http_server _stream_duplex
	_stream_passthrough _stream_readable _stream_transform _stream_wrap _stream_writable _tls_common _tls_wrap assert assert/strict
	async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns dns/promises domain events fs
	fs/promises http http2 https inspector inspector/promises module net os path path/posix path/win32 perf_hooks process punycode
	querystring readline readline/promises repl stream stream/consumers stream/promises stream/web string_decoder sys timers
	timers/promises tls trace_events tty url util util/types v8 vm wasi worker_threads zlib node:sea node:sqlite node:test
	node:test/reporters`)

// TestEveryModuleOfNodeIsLoadedInEveryWay holds also for modules that can't do their
// work in a sandbox.
func TestEveryModuleOfNodeIsLoadedInEveryWay(t *testing.T) {
	t.Parallel()
	for name, load := range map[string]string{
		"require":          `require("%s")`,
		"import":           `(await import("%s")).default`,
		"createRequire":    `require("module").createRequire(__filename)("%s")`,
		"getBuiltinModule": `process.getBuiltinModule("%s")`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var body strings.Builder
			for _, module := range nodesModules {
				ways := []string{module}
				if !strings.HasPrefix(module, "node:") {
					ways = append(ways, "node:"+module)
				}
				for _, way := range ways {
					fmt.Fprintf(&body, "try { const m = %s; if ((typeof m !== 'object' && typeof m !== 'function') || m === null) wrong.push(%q); } catch (e) { wrong.push(%q + e); }\n", fmt.Sprintf(load, way), way, way)
				}
			}
			result, _ := run(t, "exports.onExecutePostUserRegistration = async () => { const wrong = [];\n"+body.String()+"console.log(wrong.join('; ')); };", jstest.Run{})
			if !result.Succeeded || messages(result) != "" {
				t.Errorf("error %+v, logs %s", result.Error, messages(result))
			}
		})
	}
}

func TestWhatAnImportOfNodesModulesGives(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		`const c = await import("node:crypto"); console.log(typeof c.createHash, c.default === require("crypto"), c.createHash("md5").update("a").digest("hex"))`: "function true 0cc175b9c0f1b6a831c399e269772661",
		`const { EventEmitter, default: d } = await import("events"); console.log(EventEmitter === d)`:                                                            "true",
		`const { connect } = await import("node:net"); try { connect(1); } catch (e) { console.log(e.name, e.code); }`:                                            "UnsupportedInSandboxError ERR_SANDBOX_UNSUPPORTED",
		`const name = "left-pad"; console.log(await import(name).catch((e) => e.code))`:                                                                           "MODULE_NOT_FOUND",
		`const name = "node:left-pad"; console.log(await import(name).catch((e) => e.code))`:                                                                      "ERR_UNKNOWN_BUILTIN_MODULE",
		`const name = "os"; console.log(typeof (await import(name)).default.platform)`:                                                                            "function",
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			result, _ := run(t, "exports.onExecutePostUserRegistration = async () => { "+code+" };", jstest.Run{})
			if got := messages(result); !result.Succeeded || got != want {
				t.Errorf("error %+v, logs %q, want %q", result.Error, got, want)
			}
		})
	}
}
