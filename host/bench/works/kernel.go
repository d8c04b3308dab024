package works

import "encoding/binary"

// Kernel is the least that serves the guests' Extism functions, for engines
// that are measured without the host: blocks that are never freed before the
// next run, and a log that is not read.
type Kernel struct {
	memory []byte
	blocks map[uint64]uint64
	input  []byte
	length uint64
}

// NewKernel returns a kernel whose runs get the input.
func NewKernel(input []byte) *Kernel {
	k := &Kernel{memory: make([]byte, 0, 64<<10), blocks: map[uint64]uint64{}}
	k.input, k.length = append(append([]byte{}, input...), make([]byte, 8)...), uint64(len(input))
	k.Reset()
	return k
}

// Reset begins the next run.
func (k *Kernel) Reset() {
	k.memory = k.memory[:8] // offset 0 is no block
	clear(k.blocks)
}

// Function is one function of the kernel. Results are written to the
// parameters' place.
type Function struct {
	Name            string
	Params, Results string // a letter each: i for i32, I for i64
	Run             func(stack []uint64)
}

// Functions returns the functions of extism:host/env that the guests use.
func (k *Kernel) Functions() []Function {
	return []Function{
		{"alloc", "I", "I", k.alloc},
		{"length", "I", "I", func(s []uint64) { s[0] = k.blocks[s[0]] }},
		{"load_u8", "I", "i", func(s []uint64) { s[0] = uint64(k.memory[s[0]]) }},
		{"load_u64", "I", "I", func(s []uint64) { s[0] = binary.LittleEndian.Uint64(k.memory[s[0]:]) }},
		{"store_u8", "Ii", "", func(s []uint64) { k.memory[s[0]] = byte(s[1]) }},
		{"store_u64", "II", "", func(s []uint64) { binary.LittleEndian.PutUint64(k.memory[s[0]:], s[1]) }},
		{"input_length", "", "I", func(s []uint64) { s[0] = k.length }},
		{"input_load_u8", "I", "i", func(s []uint64) { s[0] = uint64(k.input[s[0]]) }},
		{"input_load_u64", "I", "I", func(s []uint64) { s[0] = binary.LittleEndian.Uint64(k.input[s[0]:]) }},
		{"output_set", "II", "", func([]uint64) {}},
		{"log_info", "I", "", func([]uint64) {}},
	}
}

func (k *Kernel) alloc(s []uint64) {
	at, n := uint64(len(k.memory)), s[0]
	k.memory = append(k.memory, make([]byte, (n+15)&^7)...)
	k.blocks[at] = n
	s[0] = at
}
