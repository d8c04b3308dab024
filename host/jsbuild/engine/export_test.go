package engine

import "slices"

// Wipe zeroes what is free in a heap.
var Wipe = wipe

// Gaps returns how many small chunks are free in a heap, and how many slots of slabs that
// are not the only ones of their class with free slots.
func Gaps(memory []byte, first uint32) (free, slots int) {
	open := map[byte][]int{}
	var end int
	for chunk, used := range chunks(memory, first, &end) {
		if n := freeIn(chunk); used && n > 0 {
			open[chunk[16]] = append(open[chunk[16]], n)
		}
	}
	for _, of := range open {
		for _, n := range of {
			slots += n
		}
		slots -= slices.Max(of)
	}
	return len(gaps(memory, first)), slots
}

// FillSlabs marks free slots of slabs as used.
var FillSlabs = fillSlabs

// Heap returns the instance's memory, and the first block of its heap.
func (e *Instance) Heap() (memory []byte, first uint32, err error) {
	at, err := e.session.Call("usher_heap")
	return e.session.Memory(), uint32(at), err
}

// Unwiped prepares the engine for runs and returns it as a module with whatever its
// memory holds.
func (e *Instance) Unwiped() ([]byte, error) {
	if _, err := e.session.Call("usher_settle"); err != nil {
		return nil, err
	}
	return e.session.Module()
}
