package engine_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/jstest"
	"github.com/usherhost/usher/host/jsbuild/dist"
	"github.com/usherhost/usher/host/jsbuild/engine"
)

func TestMain(m *testing.M) { os.Exit(jstest.Main(m)) }

// evaluated returns an instance of the embedded engine that has evaluated an
// action, whose top-level code leaves a lot of free memory.
func evaluated(t *testing.T) *engine.Instance {
	t.Helper()
	const code = `(function (module, exports) {
		let blocks = [], objects = [];
		for (let i = 0; i < 100; i++) blocks.push(new Uint8Array(5000).fill(1));
		for (let i = 0; i < 10000; i++) objects.push({ i });
		blocks = objects = null;
		exports.onExecutePostUserRegistration = async () => { console.log("it ran"); };
	})`
	wasm, err := dist.Engine()
	if err != nil {
		t.Fatal(err)
	}
	s, err := jstest.Shared(t).Sandbox.Snapshotter(t.Context(), wasm)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	open := func() *engine.Instance {
		e, err := engine.Open(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(e.Close)
		return e
	}
	bytecode, err := open().Compile([]byte(code), "usher-bundle.js")
	if err != nil {
		t.Fatal(err)
	}
	e := open()
	d, tainted, err := e.Define(bytecode, true)
	if err != nil || tainted != "" || d.Problem != "" {
		t.Fatalf("definition %+v, tainted %q, error %v", d, tainted, err)
	}
	return e
}

// TestTheHeapHasTheLayoutThatIsWiped fails when an engine has another allocator, or
// another layout of its slabs: see host/docs/upstream-internals.md.
func TestTheHeapHasTheLayoutThatIsWiped(t *testing.T) {
	t.Parallel()
	memory, first, err := evaluated(t).Heap()
	if err != nil {
		t.Fatal(err)
	}
	wiped := slices.Clone(memory)
	end, slabs := engine.Wipe(wiped, first)
	zeroed := 0
	for i, b := range memory {
		if b != wiped[i] {
			zeroed++
		}
	}
	t.Logf("heap from %d to %d of %d bytes: %d slabs, %d bytes zeroed", first, end, len(memory), slabs, zeroed)
	if len(memory)-end > 64 {
		t.Errorf("the chunks end at %d of %d bytes: dlmalloc has another layout", end, len(memory))
	}
	if slabs < 100 {
		t.Errorf("%d slabs were found: QuickJS has another layout of them", slabs)
	}
	if zeroed < 64<<10 {
		t.Errorf("%d bytes were zeroed", zeroed)
	}
}

// TestARunAllocatesInOnePlace fails when what a build leaves free in the heap is where runs
// allocate, here and there: each page that they write is copied back.
func TestARunAllocatesInOnePlace(t *testing.T) {
	t.Parallel()
	e := evaluated(t)
	memory, first, err := e.Heap()
	if err != nil {
		t.Fatal(err)
	}
	if free, slots := engine.Gaps(memory, first); free < 10 || slots < 100 {
		t.Fatalf("before: %d gaps, %d free slots: the test sees nothing", free, slots)
	}
	module, err := e.Module()
	if err != nil {
		t.Fatal(err)
	}
	memory, first, err = e.Heap()
	if err != nil {
		t.Fatal(err)
	}
	if free, slots := engine.Gaps(memory, first); free > 0 || slots > 0 {
		t.Errorf("after: %d gaps, %d free slots", free, slots)
	}
	result, _, err := jstest.Shared(t).Run(t.Context(), module, jstest.Run{})
	if err != nil || !result.Succeeded || result.Stats.Isolation != host.IsolationReset {
		t.Errorf("%+v, %v", result, err)
	}
}

// TestAModuleWithoutWipingRuns holds for the fallback: a heap of an unknown layout is
// not wiped.
func TestAModuleWithoutWipingRuns(t *testing.T) {
	t.Parallel()
	wiped, err := evaluated(t).Module()
	if err != nil {
		t.Fatal(err)
	}
	unwiped, err := evaluated(t).Unwiped()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes, %d without wiping", len(wiped), len(unwiped))
	if len(unwiped) <= len(wiped) {
		t.Errorf("the module has %d bytes, and %d without wiping", len(wiped), len(unwiped))
	}
	for name, module := range map[string][]byte{"wiped": wiped, "unwiped": unwiped} {
		result, _, err := jstest.Shared(t).Run(t.Context(), module, jstest.Run{})
		if err != nil || !result.Succeeded || len(result.Logs) != 1 || result.Logs[0].Message != "it ran" {
			t.Errorf("%s: %+v, %v", name, result, err)
		}
	}
}

func TestAnUnknownLayoutIsLeftAsItIs(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		memory := make([]byte, random.IntN(4096))
		for i := range memory {
			memory[i] = byte(random.Uint32()) | 0x80 // sizes beyond the memory
		}
		before := slices.Clone(memory)
		first := random.Uint32N(5000)
		engine.Wipe(memory, first)
		engine.FillSlabs(memory, first)
		if !bytes.Equal(memory, before) {
			t.Fatal("memory that is no heap was changed")
		}
	}
}
