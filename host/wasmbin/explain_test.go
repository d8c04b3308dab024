package wasmbin_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host/wasmbin"
)

// TestUnsupportedFeaturesAreNamedWithAHint checks files that are no modules, and
// modules with features that are off.
func TestUnsupportedFeaturesAreNamedWithAHint(t *testing.T) {
	t.Parallel()
	const head = "\x00asm\x01\x00\x00\x00"
	for _, tt := range []struct{ name, file, detail, hint string }{
		{"gzip", "\x1f\x8b\x08\x00", "not a WebAssembly module but gzip", "gunzip"},
		{"zip", "PK\x03\x04", "a zip archive", "unpack it"},
		{"text", "\n;; a comment\n (module (func))", "WebAssembly as text (.wat)", "wat2wasm"},
		{"JavaScript", "exports.onExecutePostUserRegistration = async () => {}", "a script", "deploy the script itself"},
		{"a page", "<!DOCTYPE html>", "a page of HTML", "upload the .wasm file itself"},
		{"ELF", "\x7fELF\x02\x01", "a program for Linux", "GOOS=wasip1"},
		{"nothing", "", "not a WebAssembly module", "upload the .wasm file itself"},
		{"another version", "\x00asm\x02\x00\x00\x00", "another version than 1", "compile it again"},
		{"component", "\x00asm\x0d\x00\x01\x00", "a WebAssembly component", "wasm32-wasip1"},
		{"exceptions", head + "\x0d\x03\x01\x00\x00", "exceptions are not supported: a tag section", "-fno-exceptions"},
		{"an imported tag", head + "\x01\x04\x01\x60\x00\x00\x02\x08\x01\x01a\x01b\x04\x00\x00", "exceptions are not supported: it imports the tag", "-fno-exceptions"},
		{"exnref", head + "\x01\x05\x01\x60\x01\x69\x00", "exceptions are not supported", "-fno-exceptions"},
		{"memory64", head + "\x05\x03\x01\x04\x01", "64-bit memories and tables are not supported", "wasm32"},
		{"shared memory", head + "\x05\x04\x01\x03\x01\x02", "threads and shared memory are not supported", "-pthread"},
		{"page size", head + "\x05\x04\x01\x08\x01\x00", "pages of another size", "custom-page-sizes"},
		{"two memories", head + "\x05\x05\x02\x00\x01\x00\x01", "several memories are not supported", "multimemory"},
		{"a struct", head + "\x01\x05\x01\x5f\x01\x7f\x00", "garbage-collected references are not supported", "Kotlin"},
		{"a typed reference", head + "\x01\x06\x01\x60\x01\x63\x70\x00", "garbage-collected references are not supported", "Kotlin"},
		{"a tail call", string(assemble([]byte{0, 0x12, 0, 0x0b})), "tail and reference calls are not supported", "-mno-tail-call"},
		{"an atomic", string(assemble([]byte{0, 0xfe, 0x03, 0, 0x0b})), "threads and shared memory are not supported", "-pthread"},
		{"a try", string(assemble([]byte{0, 0x06, 0x40, 0x0b, 0x0b})), "exceptions are not supported", "-fno-exceptions"},
		{"a try_table", string(assemble([]byte{0, 0x1f, 0x40, 0, 0x0b, 0x0b})), "exceptions are not supported", "-fno-exceptions"},
		{"relaxed SIMD", string(assemble([]byte{0, 0xfd, 0x80, 0x02, 0x0b})), "relaxed SIMD is not supported", "-mno-relaxed-simd"},
		{"extended constants", head + "\x06\x09\x01\x7f\x00\x41\x00\x41\x00\x6a\x0b", "constant expressions of more than one instruction", "-mno-extended-const"},
	} {
		problems := wasmbin.Check([]byte(tt.file), wasmbin.DefaultBudgets())
		if len(problems) == 0 || !strings.Contains(problems[0].Detail, tt.detail) || !strings.Contains(problems[0].Hint, tt.hint) {
			t.Errorf("%s: %+v, want %q with %q", tt.name, problems, tt.detail, tt.hint)
		}
		if _, err := wasmbin.Parse([]byte(tt.file)); err != nil {
			if p := wasmbin.Explain(err); !slices.Contains(problems, p) {
				t.Errorf("%s: Parse says %+v, Check %+v", tt.name, p, problems)
			}
		}
	}
}
