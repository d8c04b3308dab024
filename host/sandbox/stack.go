package sandbox

import (
	"reflect"

	"github.com/tetratelabs/wazero/api"
)

// handle is an exported function of one instance. The engine gives each a call
// stack of its own, which begins with 10 KiB, grows with the calls of the
// guest, and never shrinks. It does not tell how large that is, so it is read
// from where the engine has it.
type handle struct {
	api.Function
	stack reflect.Value // a slice of bytes; not valid when there is none
}

// handleOf returns a module's export, and false when it has none of that name.
func handleOf(m api.Module, name string) (handle, bool) {
	f := m.ExportedFunction(name)
	if f == nil {
		return handle{}, false
	}
	h := handle{Function: f}
	if engine := reflect.Indirect(reflect.ValueOf(f)); engine.Kind() == reflect.Struct {
		if stack := engine.FieldByName("stack"); stack.IsValid() && stack.Type() == reflect.TypeFor[[]byte]() {
			h.stack = stack
		}
	}
	return h, true
}

func (h handle) stackBytes() int {
	if h.stack.IsValid() {
		return h.stack.Cap()
	}
	return 0
}

// keptStackBytes is the largest call stack that a kept instance stays kept with.
const keptStackBytes = 256 << 10

// stackBytes returns how large the instance's call stacks are.
func (i *instance) stackBytes() int {
	sum := 0
	if i.kernel != nil {
		sum = i.kernel.alloc.stackBytes() + i.kernel.free.stackBytes()
	}
	for _, h := range i.entries {
		sum += h.stackBytes()
	}
	return sum
}

// dropStacks forgets the handles; they are made anew when they are needed.
func (i *instance) dropStacks() {
	clear(i.entries)
	if i.kernel != nil {
		i.kernel.alloc, i.kernel.free = handle{}, handle{}
	}
	i.stacks = 0
}
