package admission

import (
	"slices"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/wasmbin"
)

// foreign is a family of imports that other hosts serve, with a hint how to build a
// module that does not need them.
type foreign struct {
	modules []string // names; one that ends in * is the beginning of names
	names   []string // none: all
	hint    string
}

// servedHint names the modules of imports that this host serves.
const servedHint = `served are "usher:host/v1", "extism:host/env", "extism:host/user" and "wasi_snapshot_preview1"`

const (
	emscriptenHint = "this is Emscripten's JavaScript runtime: link with -sSTANDALONE_WASM --no-entry (and without -sMAIN_MODULE, -sSIDE_MODULE, -sASYNCIFY and -pthread), or build with clang of wasi-sdk for wasm32-wasip1"
	noSocketsHint  = "a guest has no sockets: send HTTP by the SDK's http.send (http_send, or the PDK's HTTP request), which obeys the action's allow list"
	preview2Hint   = "these are interfaces of WASI 0.2: build a core module for wasm32-wasip1, not wasm32-wasip2"
	threadsHint    = "threads are not supported: build for wasm32-wasip1 in place of wasm32-wasip1-threads, without -pthread"
	unlinkedHint   = "it is a symbol that was not linked: link the library that defines it, or remove the call (clang leaves out nothing by itself: -Wl,--allow-undefined hides this error)"
)

// foreigners are tried in their order.
var foreigners = []foreign{
	{[]string{"env"}, []string{"abort"}, "this is AssemblyScript's: compile with `asc --use abort=`, and its seed with --use seed="},
	{[]string{"env"}, []string{"seed", "trace", "console.*", "Date.*", "Math.*", "performance.*", "process.*", "crypto.*"}, "this is AssemblyScript's import of JavaScript: log, read the clock and take random bytes by the SDK, or by @assemblyscript/wasi-shim"},
	{[]string{"env"}, []string{"emscripten_*", "_emscripten_*", "invoke_*", "__cxa_*", "__syscall_*", "_tzset_js", "_localtime_js", "_gmtime_js", "_mktime_js", "_mmap_js", "_munmap_js", "__throw_exception*", "saveSetjmp", "testSetjmp", "setTempRet0", "getTempRet0", "segfault", "alignfault", "__assert_fail", "_abort_js", "__stack_pointer", "__memory_base", "__table_base", "__indirect_function_table", "*_js"}, emscriptenHint},
	{[]string{"env"}, []string{"__wasm_longjmp", "__wasm_setjmp*", "__c_longjmp", "__cpp_exception"}, "setjmp and exceptions are not supported: build without -mllvm -wasm-enable-sjlj and with -fno-exceptions"},
	{[]string{"env"}, nil, unlinkedHint},
	{[]string{"GOT.*"}, nil, "this is a library that is linked dynamically: link everything statically, without -fPIC, -shared and -sSIDE_MODULE"},
	{[]string{"a"}, nil, emscriptenHint},
	{[]string{"__wbindgen_*", "wbg", "*_bg.js", "*.js", "*.mjs"}, nil, "this is wasm-bindgen's JavaScript: build for wasm32-wasip1 or wasm32-unknown-unknown without wasm-bindgen, wasm-pack, web-sys and js-sys, and turn off what asks for them (the feature js of getrandom, uuid, chrono's wasmbind); use the extism-pdk crate"},
	{[]string{"gojs", "go"}, nil, "this is a Go program for browsers: build it with GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared (TinyGo: tinygo build -target=wasip1 -buildmode=c-shared)"},
	{[]string{"wasi_unstable", "wasi_snapshot_preview0"}, nil, "build for wasi_snapshot_preview1 (wasm32-wasip1)"},
	{[]string{"wasi:http*", "wasi:sockets*", "wasi_experimental_http", "wasi-http"}, nil, noSocketsHint},
	{[]string{"wasi:*", "cm32p2*", "$root"}, nil, preview2Hint},
	{[]string{"wasi_snapshot_preview1"}, []string{"sock_*"}, noSocketsHint},
	{[]string{"wasi"}, []string{"thread-spawn", "thread_spawn"}, threadsHint},
	{[]string{"wasi_ephemeral_*", "wasi_nn", "wasix_*"}, nil, "this is an extension of WASI that is not served: build for plain wasm32-wasip1"},
	{[]string{"js", "js_code", "wasm:js-string", "dart2wasm", "intrinsics"}, nil, "this is a program for JavaScript engines: build it for WASI, or write the action in a language that compiles to plain WebAssembly"},
	{[]string{"extism:host/user"}, nil, "these are the functions of usher:host/v1, with their names: functions of another host's own can't be served"},
	{[]string{"extism:host/env", "usher:host/v1", "wasi_snapshot_preview1"}, nil, "see proto/abi for the functions that are served, and remove the call"},
}

// hintFor returns a hint for an import that is not served.
func hintFor(module, name string) string {
	for _, f := range foreigners {
		if matchesAny(f.modules, module) && (f.names == nil || matchesAny(f.names, name)) {
			return f.hint
		}
	}
	return servedHint
}

func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		if end, ok := strings.CutPrefix(p, "*"); ok {
			return strings.HasSuffix(name, end)
		}
		if start, ok := strings.CutSuffix(p, "*"); ok {
			return strings.HasPrefix(name, start)
		}
		return p == name
	})
}

// notFunctionHint returns a hint for an imported memory, table or global.
func notFunctionHint(i wasmbin.Import) string {
	switch {
	case strings.HasPrefix(i.Module, "GOT.") || i.Name == "__memory_base" || i.Name == "__table_base" || i.Name == "__stack_pointer" && i.Module == "env":
		return hintFor("GOT.", "")
	case i.Kind == wasmbin.KindMemory:
		return "let the module define its own memory: leave out --import-memory for clang, -sIMPORTED_MEMORY for Emscripten, --importMemory for AssemblyScript"
	case i.Kind == wasmbin.KindTable:
		return "let the module define its own table: leave out --import-table for clang, --importTable for AssemblyScript"
	}
	return "let the module define it, or export a function that sets it"
}

// EmscriptenModule is the module that compilers import unknown symbols from.
const EmscriptenModule = "env"

// startHint is for a module that only runs as a program: nothing initialises it
// before its handler is called.
const startHint = "build it as a library with an initialiser: GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -o action.wasm (then it exports _initialize in place of _start)"

// goSections are custom sections that Go's linker writes.
var goSections = []string{"go:buildid", "go.buildid"}

// startOnly reports whether a module is a Go program that only its _start
// initialises. Programs of C, Rust and TinyGo initialise themselves when a
// function of theirs is called.
func startOnly(outline *wasmbin.Module) bool {
	_, starts := outline.Function("_start")
	_, initialises := outline.Function("_initialize")
	return starts && !initialises && slices.ContainsFunc(outline.Sections, func(s wasmbin.Section) bool {
		name, _, ok := s.Custom()
		return ok && slices.Contains(goSections, name)
	})
}

func startProblem() host.Problem {
	return host.Problem{
		Detail: "the module is a Go program that is built to run once: it exports _start and no _initialize, so Go's runtime is not there when a handler is called",
		Hint:   startHint,
	}
}
