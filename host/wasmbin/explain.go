package wasmbin

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/usherhost/usher/host"
)

// Unsupported is the error of a module that uses a feature of WebAssembly which is
// not supported. It names the feature, and says how to build without it.
type Unsupported struct {
	Feature string // "exceptions are not supported"
	Where   string // what was found in the module; "" when there is nothing to add
	Hint    string
}

// Error names the feature and where it was found.
func (u *Unsupported) Error() string {
	if u.Where == "" {
		return u.Feature
	}
	return u.Feature + ": " + u.Where
}

// The features, and the flags with which compilers do not use them.
var (
	exceptions = Unsupported{
		Feature: "exceptions are not supported",
		Hint:    "build without them: -fno-exceptions and -fno-wasm-exceptions for C and C++ (with Emscripten -sDISABLE_EXCEPTION_CATCHING=1 -sSUPPORT_LONGJMP=0), -C panic=abort and a target without exception handling for Rust, GOOS=wasip1 for Go",
	}
	threads = Unsupported{
		Feature: "threads and shared memory are not supported",
		Hint:    "build without them: leave out -pthread, -matomics and --shared-memory, and choose wasm32-wasip1 in place of wasm32-wasip1-threads",
	}
	memory64 = Unsupported{
		Feature: "64-bit memories and tables are not supported",
		Hint:    "build for wasm32 in place of wasm64 (with Emscripten without -sMEMORY64)",
	}
	collected = Unsupported{
		Feature: "garbage-collected references are not supported",
		Hint:    "languages that need them (Kotlin, Dart, Java, OCaml and Scheme by wasm_of_ocaml or Hoot) can't run here; write the action in JavaScript, TypeScript, Go, Rust, C or another language that brings its own memory",
	}
	tailCalls = Unsupported{
		Feature: "tail and reference calls are not supported",
		Hint:    "build without them: -mno-tail-call for clang, -C target-feature=-tail-call for Rust",
	}
	relaxedSIMD = Unsupported{
		Feature: "relaxed SIMD is not supported",
		Hint:    "build without it: -mno-relaxed-simd for clang, -C target-feature=-relaxed-simd for Rust; SIMD as such (simd128) is supported",
	}
	severalMemories = Unsupported{
		Feature: "several memories are not supported",
		Hint:    "build without them: leave out -mmultimemory, or merge them by wasm-opt --multi-memory-lowering",
	}
	extendedConst = Unsupported{
		Feature: "constant expressions of more than one instruction are not supported",
		Hint:    "build without them: -mno-extended-const for clang, -C target-feature=-extended-const for Rust; a module with -fPIC or -sSIDE_MODULE is no program of its own",
	}
	pageSizes = Unsupported{
		Feature: "pages of another size than 64 KiB are not supported",
		Hint:    "build without --page-size and the feature custom-page-sizes",
	}
)

// found returns the feature as an error, with the place where it was found.
func (u Unsupported) found(format string, args ...any) error {
	u.Where = fmt.Sprintf(format, args...)
	return &u
}

// Explain returns an error of this package as a problem with a hint.
func Explain(err error) host.Problem {
	p := host.Problem{Detail: err.Error(), Hint: "compile it again for WebAssembly 2.0, or upload the .wasm file itself, whole"}
	feature, isFeature := errors.AsType[*Unsupported](err)
	switch {
	case isFeature:
		p.Hint = feature.Hint
	case errors.Is(err, ErrComponent):
		p.Hint = "build a core module: for WASI 0.2 toolchains choose the target wasm32-wasip1 or wasm32-unknown-unknown (in place of wasm32-wasip2), and leave out `wasm-tools component new`, jco and componentize"
	case errors.Is(err, ErrNotWasm):
		p.Hint = "upload the .wasm file itself"
		if kind, known := errors.AsType[*notModule](err); known {
			p.Hint = kind.hint
		}
	}
	return p
}

// notWasm returns the error of a file that is not a module, with the kind of file if
// that can be recognised.
func notWasm(data []byte) error {
	for _, kind := range []struct{ magic, what, hint string }{
		{"\x1f\x8b", "gzip", "unpack it (gunzip FILE) and upload the .wasm file in it"},
		{"PK\x03\x04", "a zip archive", "unpack it and upload the .wasm file in it"},
		{"\x28\xb5\x2f\xfd", "packed by zstd", "unpack it (zstd -d FILE) and upload the .wasm file in it"},
		{"BZh", "packed by bzip2", "unpack it and upload the .wasm file in it"},
		{"\x7fELF", "a program for Linux", "compile for WebAssembly: GOOS=wasip1 GOARCH=wasm for Go, --target wasm32-wasip1 for Rust"},
		{"MZ", "a program for Windows", "compile for WebAssembly: GOOS=wasip1 GOARCH=wasm for Go, --target wasm32-wasip1 for Rust"},
		{"\xcf\xfa\xed\xfe", "a program for macOS", "compile for WebAssembly: GOOS=wasip1 GOARCH=wasm for Go, --target wasm32-wasip1 for Rust"},
		{"!<arch>", "a library of object files", "link it to a module: with -shared or --no-entry"},
		{"version https://git-lfs", "a pointer of Git LFS", "fetch the file itself: git lfs pull"},
		{"\x00asm", "WebAssembly of another version than 1", "compile it again with a toolchain of today"},
	} {
		if bytes.HasPrefix(data, []byte(kind.magic)) {
			return &notModule{what: kind.what, hint: kind.hint}
		}
	}
	return textOf(data)
}

// textOf recognises text files that are uploaded in place of modules.
func textOf(data []byte) error {
	text := strings.TrimSpace(strings.TrimPrefix(string(data[:min(len(data), 4096)]), "\ufeff"))
	for strings.HasPrefix(text, ";;") { // comments of the text format
		_, text, _ = strings.Cut(text, "\n")
		text = strings.TrimSpace(text)
	}
	switch {
	case strings.HasPrefix(text, "(module"), strings.HasPrefix(text, "(;"), strings.HasPrefix(text, "(component"):
		return &notModule{"WebAssembly as text (.wat)", "translate it: wat2wasm FILE.wat, and upload the .wasm file"}
	case strings.HasPrefix(text, "<"):
		return &notModule{"a page of HTML or XML", "a download may have failed; upload the .wasm file itself"}
	case strings.HasPrefix(text, "{"):
		return &notModule{"JSON", "upload the .wasm file itself"}
	}
	for _, word := range []string{"import ", "export ", "export{", "exports.", "module.exports", "const ", "let ", "var ", "function ", "async ", "\"use strict\"", "'use strict'", "//", "/*", "#!"} {
		if strings.HasPrefix(text, word) {
			return &notModule{"a script", "deploy the script itself, and the host builds it; or build a module from it"}
		}
	}
	return ErrNotWasm
}

// notModule is a file of a known other kind.
type notModule struct{ what, hint string }

// Error names the kind.
func (n *notModule) Error() string {
	return "not a WebAssembly module but " + n.what + ": it does not begin with \\0asm and version 1"
}

// Is makes it an [ErrNotWasm].
func (n *notModule) Is(err error) bool { return err == ErrNotWasm }
