package sandbox_test

import (
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/sandbox/extism"
)

// What follows keeps us off faults that wazero 1.12.0 has and no release has
// fixed; host/docs/security.md lists them.

// module is a module with the entry, whose body is code, and more sections
// before its code, in order.
func module(code string, sections ...string) []byte {
	body := "\x00" + code + "\x0b"
	exported := string([]byte{1, byte(len(entry))}) + entry + "\x00\x00"
	parts := append([]string{section(1, "\x01\x60\x00\x01\x7f"), section(3, "\x01\x00")}, sections...)
	parts = append(parts, section(7, exported), section(10, "\x01"+leb(len(body))+body))
	slices.SortStableFunc(parts, func(a, b string) int { return rank(a[0]) - rank(b[0]) })
	return []byte("\x00asm\x01\x00\x00\x00" + strings.Join(parts, ""))
}

// rank is a section's place: the one of tags comes before that of globals.
func rank(id byte) int {
	if id == 13 {
		return 55
	}
	return int(id) * 10
}

func section(id byte, content string) string { return string([]byte{id}) + leb(len(content)) + content }

func leb(n int) string { return string(binary.AppendUvarint(nil, uint64(n))) }

func TestFeaturesWithKnownFaultsAreOff(t *testing.T) {
	t.Parallel()
	s := open(t)
	for name, wasm := range map[string][]byte{
		"exceptions, by a tag":         module("\x41\x00", section(13, "\x01\x00\x00")),
		"exceptions, by try_table":     module("\x1f\x40\x00\x0b\x41\x00"),
		"exceptions of the first form": module("\x06\x40\x19\x0b\x41\x00"),
		"shared memory":                module("\x41\x00", section(5, "\x01\x03\x01\x01")),
		"memory of 64 bits":            module("\x41\x00", section(5, "\x01\x04\x01")),
		"tail calls":                   module("\x12\x00"),
		"typed function references":    module("\x41\x00", section(4, "\x01\x63\x00\x00\x01")),
		"garbage collection":           module("\x41\x00", section(4, "\x01\x6e\x00\x01")),
		"extended constants":           module("\x41\x00", section(6, "\x01\x7f\x00\x41\x01\x41\x01\x6a\x0b")),
	} {
		in, _, err := s.Inspect(t.Context(), wasm, entry)
		t.Log(name, in.Problems, err)
		if err == nil && len(in.Problems) == 0 {
			t.Errorf("%s: a module with them is taken", name)
		}
	}
	if in, _, err := s.Inspect(t.Context(), module("\x41\x00"), entry); err != nil || len(in.Problems) > 0 {
		t.Fatalf("a module without any of them: %+v, %v", in.Problems, err)
	}
}

func TestNoMemoryIsImported(t *testing.T) {
	t.Parallel()
	s := open(t)
	imports := section(2, "\x01\x07numbers\x06memory\x02\x00\x01")
	importing := module("\x41\x00", imports)
	for name, wasm := range map[string][]byte{
		"by the module":        importing,
		"from a linked module": extism.Bundle(importing, []extism.Link{{Name: "numbers", Wasm: guests.Wasm("memory")}}),
		"by a linked module":   extism.Bundle(guests.Wasm("noop"), []extism.Link{{Name: "more", Wasm: importing}}),
	} {
		in, _, err := s.Inspect(t.Context(), wasm, entry)
		if err != nil || !slices.ContainsFunc(in.Problems, func(p host.Problem) bool {
			return strings.Contains(p.Detail, "imports a memory")
		}) {
			t.Errorf("%s: problems %+v, %v", name, in.Problems, err)
		}
	}
}

func TestNoMemoryComesNear4GiB(t *testing.T) {
	t.Parallel()
	if host.MaxMemoryBytes > 2<<30 {
		t.Errorf("a binding may raise memory_bytes to %d", int64(host.MaxMemoryBytes))
	}
	s := open(t)
	m := load(t, s, guests.Wasm("memory")) // it grows until that is refused
	r := request("")
	if fault := m.Run(t.Context(), r).Fault; fault == nil || fault.Limit != "memory_bytes" {
		t.Errorf("a guest that grows its memory without end: %+v", fault)
	}
	whole := module("\x41\x00", section(5, "\x01\x00"+leb(1<<16))) // 4 GiB from the start
	in, _, err := s.Inspect(t.Context(), whole, entry)
	if err != nil || len(in.Problems) > 0 {
		return // it is refused at once
	}
	if fault := load(t, s, whole).Run(t.Context(), request("")).Fault; fault == nil {
		t.Error("a memory of 4 GiB was made")
	}
}

// TestOneRuntimeRunsWhatItCompiled holds the source to it: a module that one
// runtime has compiled can't be instantiated in another that shares its cache.
func TestOneRuntimeRunsWhatItCompiled(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	made := regexp.MustCompile(`wazero\.NewRuntime(?:WithConfig)?\([^\n]*`)
	var found []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range made.FindAllString(string(text), -1) {
			found = append(found, file+": "+line)
		}
	}
	if len(found) != 2 || !strings.HasPrefix(found[1], "sandbox.go: ") ||
		!strings.Contains(found[0], "NewRuntimeConfigInterpreter()") || strings.Contains(found[0], "WithCompilationCache") {
		t.Errorf("runtimes are made here:\n%s\nwant one with the cache, and one that interprets and has none", strings.Join(found, "\n"))
	}
}

// TestRemaindersAreRightUnderPressure computes remainders with more values
// alive than a processor has registers.
func TestRemaindersAreRightUnderPressure(t *testing.T) {
	t.Parallel()
	s := open(t)
	random := rand.New(rand.NewPCG(7, 7))
	for round := range 20 {
		e := &remainders{random: random}
		var want uint64
		code := ""
		for range 40 {
			text, value := e.tree(6)
			code += text
			want += value
		}
		code += strings.Repeat("\x7c", 39) // i64.add: all were alive until here
		code += "\x42" + signed(int64(want)) + "\x52"
		// It returns 0 when the sum is what Go has for it.
		if fault := load(t, s, module(code)).Run(t.Context(), request("")).Fault; fault != nil {
			t.Fatalf("round %d: %+v", round, fault)
		}
	}
}

// remainders makes expressions of 64-bit numbers.
type remainders struct{ random *rand.Rand }

// tree is the code of an expression, and what Go has for it.
func (e *remainders) tree(depth int) (code string, value uint64) {
	if depth == 0 {
		v := e.random.Uint64() >> e.random.IntN(60)
		return "\x42" + signed(int64(v)), v
	}
	left, a := e.tree(depth - 1)
	right, b := e.tree(depth - 1)
	switch e.random.IntN(4) {
	case 0:
		if b != 0 {
			return left + right + "\x82", a % b // i64.rem_u
		}
	case 1:
		if b != 0 {
			return left + right + "\x81", uint64(int64(a) % int64(b)) // i64.rem_s
		}
	case 2:
		// i32.rem_u of the low halves, widened without sign
		if uint32(b) != 0 {
			return left + "\xa7" + right + "\xa7\x70\xad", uint64(uint32(a) % uint32(b))
		}
	}
	return left + right + "\x7c", a + b
}

func signed(v int64) string {
	var b []byte
	for {
		low := byte(v & 0x7f)
		v >>= 7
		if v == 0 && low&0x40 == 0 || v == -1 && low&0x40 != 0 {
			return string(append(b, low))
		}
		b = append(b, low|0x80)
	}
}
