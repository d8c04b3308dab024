package frames_test

import (
	"encoding/binary"
	"testing"

	"github.com/usherhost/usher/host/jsbuild/frames"
)

// memory is the memory of a module whose mark leads to a runtime at 4096.
func memory() []byte {
	m := make([]byte, 64<<10)
	copy(m[1024:], "usher:js")
	binary.LittleEndian.PutUint32(m[1032:], 2048)
	binary.LittleEndian.PutUint32(m[1036:], 2052)
	binary.LittleEndian.PutUint32(m[2048:], 4096)
	return m
}

func TestOtherMemoryHasNoStack(t *testing.T) {
	t.Parallel()
	for name, m := range map[string][]byte{
		"none": nil, "empty": {}, "another module's": make([]byte, 1<<16), "the mark alone": []byte("usher:js"), "no runtime": memory()[:2048], "no frame": memory(),
	} {
		if got := frames.Stack(m); got != nil {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// A guest can write anything into its memory: reading it ends, and stays inside.
func FuzzStack(f *testing.F) {
	f.Add([]byte{}, uint32(0))
	f.Add([]byte{0, 0x10, 0, 0}, uint32(660))            // a frame that is its own caller
	f.Add([]byte{0xff, 0xff, 0xff, 0xff}, uint32(596))   // a list outside of the memory
	f.Add([]byte("\x54\x12\x00\x00\x54\x12"), uint32(0)) // a list of itself
	f.Fuzz(func(_ *testing.T, bytes []byte, at uint32) {
		m := memory()
		for i := int(at % 8192); len(bytes) > 0 && i < 32<<10; i += len(bytes) {
			copy(m[4096+i:], bytes)
		}
		frames.Stack(m)
		frames.Running(m)
	})
}

func TestAFrameReadsAsInAStack(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]frames.Frame{
		"f (a.js:1:2)":                {Function: "f", File: "a.js", Line: 1, Column: 2},
		"async a.js:1:2":              {File: "a.js", Line: 1, Column: 2, Async: true},
		"async Promise.all (index 3)": {Function: "Promise.all", Line: 3, Async: true},
	} {
		if got := f.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
