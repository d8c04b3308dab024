package sandbox_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// wasiCall is a call of WASI with numbers, and what lies in memory before it.
type wasiCall struct {
	function, params string // d (descriptor), p (pointer), v (vectors), s (path), n (length), i, c, f, w (number), I (number of 64 bits)
	args             []uint64
	memory           []byte // at inAt of the call's room
}

// A call's room in memory: its error number, what it reads, and what it writes.
const (
	roomBytes = 512
	inAt      = 16
	outAt     = 256
)

// TestWASIAnswersAsTheEnginesOwn calls every function of WASI with streams, with
// descriptors that are not there, and with pointers out of bounds, and compares
// the error numbers and all that was written with what wazero answers to a guest
// without files. Left out is what wazero gets wrong for streams: it takes them for
// folders (fd_prestat_get, fd_prestat_dir_name), does not know that they have no
// position (fd_seek, fd_tell), and panics in fd_filestat_set_times.
func TestWASIAnswersAsTheEnginesOwn(t *testing.T) {
	t.Parallel()
	calls := wasiCalls()
	for len(calls) > 0 {
		n := min(len(calls), 1000)
		ours, theirs := runWASI(t, calls[:n])
		for i, c := range calls[:n] {
			our, their := ours[i*roomBytes:][:roomBytes], theirs[i*roomBytes:][:roomBytes]
			code, want := binary.LittleEndian.Uint32(our), binary.LittleEndian.Uint32(their)
			if code != want || code == 0 && !bytes.Equal(c.answer(our), c.answer(their)) {
				t.Errorf("%s(%#x): error number %d, want %d; it wrote\n%x, want\n%x", c.function, c.args, code, want, c.answer(our), c.answer(their))
			}
		}
		calls = calls[n:]
	}
}

// answer returns what a call wrote, in a form that can be compared: wazero takes
// the streams for disks, and reports events in another order.
func (c *wasiCall) answer(room []byte) []byte {
	out := slices.Clone(room[outAt:])
	switch c.function {
	case "fd_fdstat_get":
		out[40], out[48] = 0, out[48]&^(1<<2|1<<5)
	case "fd_filestat_get":
		out[40+16] = 0
	case "poll_oneoff":
		events := slices.Collect(slices.Chunk(out[40:40+32*out[120]], 32))
		slices.SortFunc(events, bytes.Compare)
		return slices.Concat(events...)
	}
	return out
}

// wasiCalls returns the calls. What changes the descriptors of the instance
// comes last: wazero remembers it.
func wasiCalls() (all []wasiCall) {
	for _, f := range []string{
		"args_get pp", "args_sizes_get pp", "environ_get pp", "environ_sizes_get pp", "clock_res_get cp",
		"fd_advise dIIi", "fd_allocate dII", "fd_datasync d", "fd_fdstat_get dp", "fd_fdstat_set_flags df", "fd_fdstat_set_rights dII",
		"fd_filestat_get dp", "fd_filestat_set_size dI", "fd_pread dvnIp", "fd_prestat_get ep",
		"fd_prestat_dir_name epn", "fd_pwrite dvnIp", "fd_read dvnp", "fd_readdir dpnIp", "fd_seek eIwp", "fd_sync d", "fd_tell ep", "fd_write gvnp", "fd_close e",
		"path_create_directory dsn", "path_filestat_get disnp", "path_filestat_set_times disnIIi", "path_link disndsn",
		"path_open disniIIip", "path_readlink dsnpnp", "path_remove_directory dsn", "path_rename dsndsn", "path_symlink sndsn",
		"path_unlink_file dsn", "proc_raise i", "sched_yield ", "sock_accept dip", "sock_recv dvnipp", "sock_send dvnip", "sock_shutdown di",
		"fd_renumber dd",
	} {
		name, params, _ := strings.Cut(f, " ")
		all = append(all, wasiProducts(name, params)...)
	}
	return append(all, wasiPolls()...)
}

// wasiProducts returns calls with every combination of the values that the
// first two parameters may have, and each of the others' in turn.
func wasiProducts(name, params string) (all []wasiCall) {
	values := map[rune][]uint64{
		'd': {0, 1, 2, 3, 4, 99, 0xffffffff}, 'e': {3, 4, 99, 0xffffffff}, 'g': {0, 2, 3, 0xffffffff}, 'p': {0 /* the room's */, 0xffffffff, 0xfffffffc}, 'v': {1 /* vectors in the room */, 0xfffffff0},
		's': {1, 0xfffffff0}, 'n': {1, 0, 24}, 'i': {0, 1, 0xff}, 'I': {0, 7}, 'c': {0, 1, 2, 3, 4, 99}, 'f': {0, 1, 4, 8, 0x100}, 'w': {0, 1, 2, 3},
	}
	base := make([]uint64, len(params))
	for i, p := range params {
		base[i] = values[p][0]
	}
	add := func(args []uint64) { all = append(all, wasiCall{function: name, params: params, args: args}) }
	add(base)
	for i, p := range params {
		for _, v := range values[p] {
			args := slices.Clone(base)
			args[i] = v
			add(args)
			for j, q := range params[i+1:] {
				for _, w := range values[q] {
					args := slices.Clone(args)
					args[i+1+j] = w
					add(args)
				}
			}
		}
	}
	return all
}

// wasiPolls returns calls of poll_oneoff: every kind of subscription alone, and
// pairs of them; but for what wazero does not support: absolute times, and
// waiting to write.
func wasiPolls() (all []wasiCall) {
	subscription := func(kind byte, id uint32, flags byte) []byte {
		s := make([]byte, 48)
		s[0], s[8], s[40] = 7+kind, kind, flags
		binary.LittleEndian.PutUint32(s[16:], id)
		return s
	}
	kinds := [][]byte{
		subscription(0, 0, 0), subscription(0, 1, 0), subscription(0, 0, 2),
		subscription(1, 0, 0), subscription(1, 1, 0), subscription(1, 99, 0),
		subscription(2, 99, 0), subscription(3, 0, 0),
	}
	for _, one := range kinds {
		all = append(all, wasiCall{"poll_oneoff", "spnp", []uint64{1, 0, 1, 0}, one})
		for _, other := range kinds {
			all = append(all, wasiCall{"poll_oneoff", "spnp", []uint64{1, 0, 2, 0}, slices.Concat(one, other)})
		}
	}
	return all
}

// runWASI makes the calls in one guest here and in wazero, and returns the
// memory of each.
func runWASI(t *testing.T, calls []wasiCall) (ours, theirs []byte) {
	t.Helper()
	wasm := wasiModule(calls)
	runtime := wazero.NewRuntime(t.Context())
	t.Cleanup(func() { _ = runtime.Close(t.Context()) })
	if _, err := wasi_snapshot_preview1.Instantiate(t.Context(), runtime); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	m, err := runtime.InstantiateWithConfig(t.Context(), wasm, wazero.NewModuleConfig().WithStartFunctions().
		WithStdin(bytes.NewReader(nil)).WithStdout(&b).WithStderr(&b))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.ExportedFunction(entry).Call(t.Context()); err != nil {
		t.Fatalf("wazero: %v", err)
	}
	theirs, _ = m.Memory().Read(0, uint32(len(calls)*roomBytes))
	return here(t, wasm), theirs
}

// wasiModule writes a module whose entry makes the calls, each with a room of its
// own, and then writes all rooms to its standard output.
func wasiModule(calls []wasiCall) []byte {
	const i32, i64 = 0x7f, 0x7e
	var types, imports, data [][]byte
	index := map[string]int{}
	function := func(name, params string) int {
		if n, found := index[name]; found {
			return n
		}
		f := []byte{0x60, byte(len(params))}
		for _, p := range params {
			if p == 'I' {
				f = append(f, i64)
			} else {
				f = append(f, i32)
			}
		}
		types = append(types, append(f, 1, i32))
		imports = append(imports, slices.Concat(wasmText("wasi_snapshot_preview1"), wasmText(name), []byte{0, byte(len(types) - 1)}))
		index[name] = len(imports) - 1
		return index[name]
	}
	code := []byte{0}
	for i, c := range calls {
		room := i * roomBytes
		code = sleb(append(code, 0x41), int64(room))
		f := function(c.function, c.params)
		for n, p := range c.params {
			value := c.args[n]
			switch {
			case p == 'p' && value == 0:
				value = uint64(room + outAt + 40*n)
			case (p == 's' || p == 'v') && value == 1:
				value = uint64(room + inAt)
			}
			if p == 'I' {
				code = sleb(append(code, 0x42), int64(value))
			} else {
				code = sleb(append(code, 0x41), int64(int32(value)))
			}
		}
		code = append(code, 0x10, byte(f), 0x36, 2, 0)
		memory := c.memory
		if memory == nil && strings.Contains(c.params, "s") { // a path
			memory = []byte("a/file")
		} else if memory == nil { // a vector
			memory = binary.LittleEndian.AppendUint32(nil, uint32(room+outAt+200))
			memory = binary.LittleEndian.AppendUint32(memory, 8)
		}
		at := append(sleb([]byte{0, 0x41}, int64(room+inAt)), 0x0b)
		data = append(data, slices.Concat(at, binary.AppendUvarint(nil, uint64(len(memory))), memory))
	}
	write := function("fd_write", "ivip")
	result := len(calls) * roomBytes
	for _, v := range []int{1, result, 1, result + 8} {
		code = sleb(append(code, 0x41), int64(v))
	}
	code = append(code, 0x10, byte(write), 0x0b)
	vector := binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, 0), uint32(result))
	data = append(data, slices.Concat(append(sleb([]byte{0, 0x41}, int64(result)), 0x0b, 8), vector))
	types = append(types, []byte{0x60, 0, 1, i32})
	out := []byte("\x00asm\x01\x00\x00\x00")
	out = wasmSection(out, 1, types...)
	out = wasmSection(out, 2, imports...)
	out = wasmSection(out, 3, []byte{byte(len(types) - 1)})
	out = wasmSection(out, 5, append([]byte{0}, binary.AppendUvarint(nil, uint64(result>>16+1))...))
	out = wasmSection(out, 7, append(wasmText(entry), 0, byte(len(imports))), append(wasmText("memory"), 2, 0))
	out = wasmSection(out, 10, append(binary.AppendUvarint(nil, uint64(len(code))), code...))
	return wasmSection(out, 11, data...)
}

func wasmText(s string) []byte { return append([]byte{byte(len(s))}, s...) }

// wasmSection appends a section of entries.
func wasmSection(out []byte, id byte, entries ...[]byte) []byte {
	content := append(binary.AppendUvarint(nil, uint64(len(entries))), slices.Concat(entries...)...)
	return append(binary.AppendUvarint(append(out, id), uint64(len(content))), content...)
}

// sleb appends a signed number as the format has it.
func sleb(out []byte, n int64) []byte {
	for {
		b := byte(n & 0x7f)
		n >>= 7
		if n == 0 && b&0x40 == 0 || n == -1 && b&0x40 != 0 {
			return append(out, b)
		}
		out = append(out, b|0x80)
	}
}

// TestAStreamIsACharacterDevice asks for what wazero has otherwise.
func TestAStreamIsACharacterDevice(t *testing.T) {
	t.Parallel()
	const notOpen, notSeekable, notThere = 8, 70, 52
	calls := []wasiCall{
		{"fd_filestat_get", "dp", []uint64{0, 0}, nil},
		{"fd_filestat_get", "dp", []uint64{1, 0}, nil},
		{"fd_filestat_get", "dp", []uint64{2, 0}, nil},
		{"fd_fdstat_get", "dp", []uint64{1, 0}, nil},
		{"fd_seek", "dIwp", []uint64{1, 0, 0, 0}, nil},
		{"fd_tell", "dp", []uint64{0, 0}, nil},
		{"fd_prestat_get", "dp", []uint64{2, 0}, nil},
		{"fd_filestat_set_times", "dIIi", []uint64{1, 0, 0, 0}, nil},
	}
	ours := here(t, wasiModule(calls))
	for i, want := range []uint32{0, 0, 0, 0, notSeekable, notSeekable, notOpen, notThere} {
		if got := binary.LittleEndian.Uint32(ours[i*roomBytes:]); got != want {
			t.Errorf("%s(%v): error number %d, want %d", calls[i].function, calls[i].args, got, want)
		}
	}
	const characterDevice = 2
	for i := range 4 {
		at := i*roomBytes + outAt + 40
		if i < 3 {
			at += 16
		}
		if ours[at] != characterDevice {
			t.Errorf("%s(%v): a file of type %d", calls[i].function, calls[i].args, ours[at])
		}
	}
}

// here runs a module and returns what it wrote.
func here(t *testing.T, wasm []byte) []byte {
	t.Helper()
	r := request("")
	var out bytes.Buffer
	r.Stdout = &out
	if o := load(t, open(t), wasm).Run(t.Context(), r); o.Fault != nil {
		t.Fatalf("here: %+v", o.Fault)
	}
	return out.Bytes()
}
