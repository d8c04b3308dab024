package abi

import (
	"bytes"
	"encoding/binary"
	"testing"
)

func TestWordsCarryEveryLength(t *testing.T) {
	t.Parallel()
	for n := range 70 {
		sent := make([]byte, n)
		for i := range sent {
			sent[i] = byte(i + 1)
		}
		memory := make([]byte, n) // a word past its end panics
		calls := 0
		write(sent,
			func(at, value uint64) { calls++; binary.LittleEndian.PutUint64(memory[at:], value) },
			func(at uint64, value uint32) { calls++; memory[at] = byte(value) })
		got := read(uint64(n),
			func(at uint64) uint64 { return binary.LittleEndian.Uint64(memory[at:]) },
			func(at uint64) uint32 { return uint32(memory[at]) })
		if !bytes.Equal(got, sent) {
			t.Errorf("%d bytes came back as %v", n, got)
		}
		if n >= 8 && calls != (n+7)/8 {
			t.Errorf("%d bytes took %d calls, want %d", n, calls, (n+7)/8)
		}
	}
}
