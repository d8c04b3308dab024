package engine

// Wipe zeroes what is free in a heap.
var Wipe = wipe

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
