package sandbox

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox/snapshot"
	"github.com/usherhost/usher/host/wasmbin"
)

// instance is one memory and what runs over it, for one run at a time.
type instance struct {
	isolation host.Isolation
	module    api.Module
	fuel      api.MutableGlobal
	entries   map[string]handle
	code      *code
	linear    api.Memory // nil when the module has none

	memory  *snapshot.Memory  // of a plain instance
	mapping *snapshot.Mapping // of one that begins with a snapshot

	account *account            // what its run holds
	rooms   []*snapshot.Memory  // of the modules that it links
	globals []api.MutableGlobal // that an image has values for
	kernel  *wasmKernel         // of a kept instance
	links   []api.Module        // that the module links, of a plain instance
	pages   int                 // that the last run wrote; -1 when that is not known
	resets  int
	stacks  int         // bytes of the call stacks
	space   *stackSpace // of its entries; nil until one is called
	deepest int         // what the entries' stacks are limited to
	owner   *Module     // of a kept instance that nobody uses
	stack   [1]uint64
}

// newInstance instantiates code without running any of it, on a run's account.
func (s *Sandbox) newInstance(ctx context.Context, isolation host.Isolation, c *code, allocator experimental.MemoryAllocator, a *account) (*instance, error) {
	if !a.take("its tables", c.instanceBytes) {
		return nil, errAccount
	}
	ctx = experimental.WithMemoryAllocator(ctx, allocator)
	module, err := instantiate(ctx, c.runtime, c.compiled)
	if err != nil {
		return nil, err
	}
	i := &instance{
		account: a, isolation: isolation, module: module, code: c, entries: map[string]handle{}, pages: -1,
		fuel: fuelOf(module),
	}
	i.linear = memoryOf(module)
	return i, nil
}

// instantiate instantiates compiled code without running any of it. The engine
// panics when the memory that it begins with is refused.
func instantiate(ctx context.Context, r wazero.Runtime, c wazero.CompiledModule) (m api.Module, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("instantiate module: %v", p)
		}
	}()
	return r.InstantiateModule(ctx, c, wazero.NewModuleConfig().WithName("").WithStartFunctions().WithRandSource(noRandom{}))
}

// memoryOf returns a module's memory, nil when it has none: wazero's is then a
// pointer that is nil.
func memoryOf(m api.Module) api.Memory {
	if linear := m.Memory(); !reflect.ValueOf(linear).IsNil() {
		return linear
	}
	return nil
}

func fuelOf(m api.Module) api.MutableGlobal {
	return m.ExportedGlobal(wasmbin.FuelExport).(api.MutableGlobal)
}

// noRandom takes the place of wazero's own random source, which costs more to
// make than a small instance; guests get theirs from the run.
type noRandom struct{}

func (noRandom) Read([]byte) (int, error) { return 0, errors.New("no random bytes here") }

// plainInstance is an instance as its module describes it: nothing has run.
// What it links is instantiated first, in the order of the manifest.
func (s *Sandbox) plainInstance(call *Call, c *code, links []link) (_ *instance, err error) {
	ctx := call.parent
	memoryBytes := call.limits.MemoryBytes
	a := newAccount(call)
	m := &snapshot.Memory{Limit: uint64(memoryBytes), Account: a}
	i := &instance{memory: m, account: a}
	defer func() {
		if err == nil {
			return
		}
		if i.starved() {
			err = i.short(memoryBytes)
		}
		i.close()
	}()
	resolved := map[string]api.Module{}
	ctx = experimental.WithImportResolver(ctx, func(name string) api.Module {
		if l, found := resolved[name]; found {
			return l
		}
		return nil
	})
	var linked []api.Module
	for _, l := range links {
		room := &snapshot.Memory{Limit: uint64(memoryBytes), Account: a}
		i.rooms = append(i.rooms, room)
		part, err := s.newInstance(ctx, host.IsolationPlain, l.code, room, a)
		if err != nil {
			return nil, fmt.Errorf("link module %q: %w", l.name, err)
		}
		resolved[l.name] = part.module
		i.links = append(i.links, part.module)
		linked = append(linked, part.module)
	}
	rooms := i.rooms
	whole, err := s.newInstance(ctx, host.IsolationPlain, c, m, a)
	if err != nil {
		return nil, err
	}
	*i = *whole
	i.memory, i.links, i.rooms, i.account = m, linked, rooms, a
	return i, nil
}

// imageInstance is an instance that is what the image says.
func (s *Sandbox) imageInstance(ctx context.Context, call *Call, isolation host.Isolation, c *code, f *frozen) (*instance, error) {
	v, err := snapshot.NewMapping(f.image, uint64(call.limits.MemoryBytes))
	if err != nil {
		return nil, err
	}
	a := newAccount(call)
	v.Account = a
	if isolation == host.IsolationReset {
		v.Track()
	}
	i, err := s.newInstance(ctx, isolation, c, v, a)
	if err != nil {
		short := (&instance{mapping: v, account: a}).starved()
		v.Free()
		if short {
			return nil, (&instance{mapping: v, account: a}).short(call.limits.MemoryBytes)
		}
		return nil, err
	}
	i.mapping = v
	if err := i.unfold(); err != nil {
		i.close()
		if i.starved() {
			return nil, i.short(call.limits.MemoryBytes)
		}
		return nil, err
	}
	for _, name := range f.names {
		i.globals = append(i.globals, i.module.ExportedGlobal(name).(api.MutableGlobal))
	}
	i.setGlobals(f)
	return i, nil
}

// unfold grows the memory to the image: the code, which images of many sizes
// share, begins with less.
func (i *instance) unfold() error {
	size := uint32(i.mapping.ImageSize())
	if i.linear == nil || i.linear.Size() >= size {
		return nil
	}
	if _, ok := i.linear.Grow((size - i.linear.Size()) / wasmbin.PageBytes); !ok {
		return fmt.Errorf("instantiate module: its memory does not grow to the %d bytes of its image", size)
	}
	return nil
}

func (i *instance) setGlobals(f *frozen) {
	for n, g := range i.globals {
		g.Set(f.globals[n])
	}
}

// exchangeRoom is the address space for exchange beyond a guest's own memory:
// room for the largest events.
const exchangeRoom = 64 << 20

// keptInstance is an image's instance with a kernel of its own.
func (s *Sandbox) keptInstance(call *Call, c *code, f *frozen) (*instance, error) {
	ctx := call.parent
	pages := &snapshot.Memory{Limit: uint64(call.limits.MemoryBytes) + exchangeRoom}
	kernel, err := instantiate(experimental.WithMemoryAllocator(ctx, pages), s.runtime, s.kernel)
	if err != nil {
		pages.Free()
		return nil, fmt.Errorf("instantiate the kernel: %w", err)
	}
	ctx = experimental.WithImportResolver(ctx, func(name string) api.Module {
		if name == keptModule {
			return kernel
		}
		return nil
	})
	i, err := s.imageInstance(ctx, call, host.IsolationReset, c, f)
	if err != nil {
		pages.Free()
		_ = kernel.Close(ctx) // it has nothing that could fail to close
		return nil, err
	}
	pages.Account = exchangeAccount{i.account}
	i.kernel = newWasmKernel(kernel, pages)
	return i, nil
}

// initialise runs what a module runs before its entry: its start section, and
// then the initialisers of reactors, C and Haskell.
func (i *instance) initialise(c *Call) error {
	for _, l := range i.links {
		if err := i.initialiseModule(c, l); err != nil {
			return err
		}
	}
	return i.initialiseModule(c, i.module)
}

func (i *instance) initialiseModule(c *Call, m api.Module) error {
	for _, step := range []struct {
		name string
		args []uint64
	}{{wasmbin.StartExport, nil}, {"_initialize", nil}, {"hs_init", []uint64{0, 0}}} {
		if step.name == "_initialize" && m.ExportedFunction(step.name) == nil {
			step.name = "__wasm_call_ctors"
		}
		f, found, err := i.handle(m, step.name, stackLimit(c.limits))
		if err != nil {
			return err
		}
		if !found || len(f.Definition().ParamTypes()) != len(step.args) {
			continue
		}
		c.calling = f.calls
		if _, err := f.Call(c, step.args...); err != nil && !exitedWell(err) {
			return err
		}
	}
	return nil
}

// exitedWell reports whether err is a guest's exit with code 0: whatever it
// leaves this way has succeeded.
func exitedWell(err error) bool {
	code, exited := errors.AsType[exit](err)
	return exited && code == 0
}

// enter calls an entry. A result that is not 0 is a fault.
func (i *instance) enter(c *Call, name string) error {
	entry, err := i.entry(name, stackLimit(c.limits))
	if err != nil {
		return err
	}
	c.calling = entry.calls
	i.stack[0] = 0
	if err := entry.CallWithStack(c, i.stack[:]); err != nil {
		if exitedWell(err) {
			return nil
		}
		return err
	}
	if len(entry.Definition().ResultTypes()) == 1 && api.DecodeU32(i.stack[0]) != 0 {
		return &Fault{Kind: host.FaultGuest, Message: fmt.Sprintf("%s returned %d without setting an error", name, api.DecodeI32(i.stack[0]))}
	}
	return nil
}

// entry returns the handle of an entry, whose calls may fill limit bytes.
func (i *instance) entry(name string, limit int) (handle, error) {
	if limit != i.deepest {
		clear(i.entries) // the stack stays
		i.deepest = limit
	}
	entry, known := i.entries[name]
	if known {
		return entry, nil
	}
	entry, known, err := i.handle(i.module, name, limit)
	switch {
	case err != nil:
		return entry, err
	case !known:
		return entry, &Fault{Kind: host.FaultHost, Message: "the module does not export " + name}
	}
	i.entries[name] = entry
	return entry, nil
}

// exchange returns what the next run passes bytes through.
func (i *instance) exchange() exchange {
	if i.kernel != nil {
		return i.kernel
	}
	return &kernel{account: i.account}
}

// memoryBytes returns how large the linear memory is.
func (i *instance) memoryBytes() int64 {
	if i.mapping != nil {
		return int64(i.mapping.Size())
	}
	bytes := int64(i.memory.Size())
	for _, r := range i.rooms {
		bytes += int64(r.Size())
	}
	return bytes
}

// denied returns the largest size that the memory could not grow to.
func (i *instance) denied() uint64 {
	if i.mapping != nil {
		return i.mapping.Denied()
	}
	denied := i.memory.Denied()
	for _, r := range i.rooms {
		denied = max(denied, r.Denied())
	}
	return denied
}

// starved tells whether more memory was wanted than the run may have.
func (i *instance) starved() bool { return i.denied() > 0 || i.account.denied > 0 }

// errAccount says that an instance is not made because its run's account is too
// small for it.
var errAccount = errors.New("the run's memory_bytes do not suffice")

// short is the fault of an instance that needs more memory to begin with than
// its run may have.
func (i *instance) short(memoryBytes int64) *Fault {
	return &Fault{Kind: host.FaultLimit, Limit: "memory_bytes", Message: fmt.Sprintf(
		"needed %d bytes of memory to begin with (limit %d)", max(i.denied(), i.account.denied), memoryBytes)}
}

// begin readies a kept instance for a run, and reports false when it has no room
// for the run's limits.
func (i *instance) begin(c *Call) bool {
	i.account.begin(c, i.mapping.Size(), i.code.instanceBytes)
	return i.mapping.SetLimit(uint64(c.limits.MemoryBytes))
}

// lookAgain is after how many resets the written pages are counted anew.
const lookAgain = 64

// reset makes a kept instance exactly what the image is, and reports whether
// that could be done.
func (i *instance) reset(f *frozen, fuel int64) bool {
	if i.mapping.Grew() || !i.kernel.reset() {
		return false
	}
	expect := i.pages
	if i.resets++; i.resets%lookAgain == 0 {
		expect = -1
	}
	pages, err := i.mapping.Restore(expect)
	if err != nil {
		return false
	}
	i.pages = pages
	if i.weighStacks(fuel); i.stacks > keptStackBytes {
		i.dropStacks()
	}
	i.setGlobals(f)
	i.fuel.Set(0)
	return true
}

func (i *instance) close() {
	ctx := context.Background()
	for _, m := range append([]api.Module{i.module}, i.links...) {
		if m != nil {
			_ = m.Close(ctx) // it has nothing that could fail to close
		}
	}
	for _, r := range i.rooms {
		r.Free()
	}
	if i.kernel != nil {
		_ = i.kernel.module.Close(ctx)
		i.kernel.pages.Free()
	}
	i.space.close()
	if i.mapping != nil {
		i.mapping.Free()
	}
	if i.memory != nil {
		i.memory.Free()
	}
}
