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
	"github.com/usherhost/usher/host/sandbox/callstack"
	"github.com/usherhost/usher/host/sandbox/extism"
	"github.com/usherhost/usher/host/sandbox/snapshot"
	"github.com/usherhost/usher/host/wasmbin"
)

// instance is one instance of a module, for one run at a time.
type instance struct {
	isolation host.Isolation
	code      *code
	module    api.Module
	fuel      api.MutableGlobal
	linear    api.Memory // nil when the module has none
	account   *account   // of its run's memory

	links        []api.Module        // that it links, of a plain instance
	linkMemories []*snapshot.Memory  // of these
	memory       *snapshot.Memory    // of a plain instance
	mapping      *snapshot.Mapping   // of one that begins with a snapshot
	globals      []api.MutableGlobal // which the snapshot has values for
	kernel       *extism.WasmKernel  // of a pooled instance

	entries    map[string]callstack.Handle
	entryLimit int              // of the entries' call stacks
	stack      *callstack.Space // of the entries; nil until one is called
	result     [1]uint64

	// Of a pooled instance.
	owner      *Module // while it is idle
	pages      int     // that the last run wrote; -1 when that is not known
	restores   int
	stackBytes int // of its call stacks
}

func newInstance(isolation host.Isolation, c *Call) *instance {
	return &instance{isolation: isolation, account: newAccount(c), entries: map[string]callstack.Handle{}, pages: -1}
}

// instantiate instantiates code, over a memory that the allocator makes, without
// running any of it.
func (i *instance) instantiate(ctx context.Context, c *code, memory experimental.MemoryAllocator) (api.Module, error) {
	if !i.account.take("its tables", c.instanceBytes) {
		return nil, errAccount
	}
	return instantiate(experimental.WithMemoryAllocator(ctx, memory), c.runtime, c.compiled)
}

// setModule makes m, an instance of c, the main module.
func (i *instance) setModule(m api.Module, c *code) {
	i.module, i.code, i.fuel, i.linear = m, c, fuelOf(m), memoryOf(m)
}

// instantiate instantiates compiled code without running any of it. The engine
// panics when the initial memory is refused: that becomes an error.
func instantiate(ctx context.Context, r wazero.Runtime, c wazero.CompiledModule) (m api.Module, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("instantiate module: %v", p)
		}
	}()
	return r.InstantiateModule(ctx, c, wazero.NewModuleConfig().WithName("").WithStartFunctions().WithRandSource(noRandom{}))
}

// memoryOf returns a module's memory, nil when it has none: the engine returns a nil
// pointer in an interface then.
func memoryOf(m api.Module) api.Memory {
	if linear := m.Memory(); !reflect.ValueOf(linear).IsNil() {
		return linear
	}
	return nil
}

func fuelOf(m api.Module) api.MutableGlobal {
	return m.ExportedGlobal(wasmbin.FuelExport).(api.MutableGlobal)
}

// noRandom replaces the engine's own random source, which takes longer to make than
// a small instance. Guests get random bytes from their run.
type noRandom struct{}

func (noRandom) Read([]byte) (int, error) { return 0, errors.New("no random bytes here") }

// plainInstance makes an instance of which nothing has run. The modules that it
// links are instantiated first, in the order of the manifest.
func (s *Sandbox) plainInstance(c *Call, main *code, links []link) (*instance, error) {
	i := newInstance(host.IsolationPlain, c)
	if err := i.beginPlain(c, main, links); err != nil {
		i.close()
		return nil, i.beginFault(c, err)
	}
	return i, nil
}

func (i *instance) beginPlain(c *Call, main *code, links []link) error {
	limit := uint64(c.limits.MemoryBytes)
	i.memory = &snapshot.Memory{Growth: snapshot.Growth{Limit: limit, Account: i.account}}
	linked := map[string]api.Module{}
	ctx := resolving(c.parent, linked)
	for _, l := range links {
		memory := &snapshot.Memory{Growth: snapshot.Growth{Limit: limit, Account: i.account}}
		i.linkMemories = append(i.linkMemories, memory)
		module, err := i.instantiate(ctx, l.code, memory)
		if err != nil {
			return fmt.Errorf("link module %q: %w", l.name, err)
		}
		i.links = append(i.links, module)
		linked[l.name] = module
	}
	module, err := i.instantiate(ctx, main, i.memory)
	if err != nil {
		return err
	}
	i.setModule(module, main)
	return nil
}

// resolving returns a context in which imports from modules by these names are
// taken from them. The map may be filled later.
func resolving(ctx context.Context, modules map[string]api.Module) context.Context {
	return experimental.WithImportResolver(ctx, func(name string) api.Module {
		if m, found := modules[name]; found {
			return m
		}
		return nil // not a nil module
	})
}

// snapshotInstance makes an instance that begins with a snapshot.
func (s *Sandbox) snapshotInstance(ctx context.Context, c *Call, isolation host.Isolation, main *code, from *moduleSnapshot) (*instance, error) {
	i := newInstance(isolation, c)
	if err := i.beginSnapshot(ctx, c, main, from); err != nil {
		i.close()
		return nil, i.beginFault(c, err)
	}
	return i, nil
}

func (i *instance) beginSnapshot(ctx context.Context, c *Call, main *code, from *moduleSnapshot) error {
	mapping, err := snapshot.NewMapping(from.image, uint64(c.limits.MemoryBytes))
	if err != nil {
		return err
	}
	i.mapping, mapping.Account = mapping, i.account
	if i.isolation == host.IsolationReset {
		mapping.Track()
	}
	module, err := i.instantiate(ctx, main, mapping)
	if err != nil {
		return err
	}
	i.setModule(module, main)
	if err := i.growToImage(); err != nil {
		return err
	}
	for _, name := range from.globalNames {
		i.globals = append(i.globals, module.ExportedGlobal(name).(api.MutableGlobal))
	}
	i.setGlobals(from)
	return nil
}

// growToImage grows the memory to the size of the image: the code, which images of
// many sizes share, declares a smaller one.
func (i *instance) growToImage() error {
	size := uint32(i.mapping.ImageSize())
	if i.linear == nil || i.linear.Size() >= size {
		return nil
	}
	if _, ok := i.linear.Grow((size - i.linear.Size()) / wasmbin.PageBytes); !ok {
		return fmt.Errorf("instantiate module: its memory does not grow to the %d bytes of its image", size)
	}
	return nil
}

func (i *instance) setGlobals(from *moduleSnapshot) {
	for n, g := range i.globals {
		g.Set(from.globals[n])
	}
}

// bufferReserve is the address space of a pooled instance's buffer beyond the size
// of a guest's own memory: for the largest events.
const bufferReserve = 64 << 20

// pooledInstance makes an instance that begins with a snapshot, with a kernel of
// its own.
func (s *Sandbox) pooledInstance(c *Call, main *code, from *moduleSnapshot) (*instance, error) {
	pages := &snapshot.Memory{Growth: snapshot.Growth{Limit: uint64(c.limits.MemoryBytes) + bufferReserve}}
	module, err := instantiate(experimental.WithMemoryAllocator(c.parent, pages), s.runtime, s.kernel)
	if err != nil {
		pages.Free()
		return nil, fmt.Errorf("instantiate the kernel: %w", err)
	}
	kernel := extism.NewWasmKernel(module, pages)
	i, err := s.snapshotInstance(resolving(c.parent, map[string]api.Module{extism.KernelModule: module}), c, host.IsolationReset, main, from)
	if err != nil {
		kernel.Close()
		return nil, err
	}
	pages.Account = bufferAccount{i.account}
	i.kernel = kernel
	return i, nil
}

// enter calls an entry. A result that is not 0 is a fault.
func (i *instance) enter(c *Call, name string) error {
	entry, err := i.entry(name, stackLimit(c.limits))
	if err != nil {
		return err
	}
	c.calls = entry.Calls
	i.result[0] = 0
	if err := entry.CallWithStack(c, i.result[:]); err != nil {
		if exitedWell(err) {
			return nil
		}
		return err
	}
	if len(entry.Definition().ResultTypes()) == 1 && api.DecodeU32(i.result[0]) != 0 {
		return &Fault{Kind: host.FaultGuest, Message: fmt.Sprintf("%s returned %d without setting an error", name, api.DecodeI32(i.result[0]))}
	}
	return nil
}

// entry returns the handle of an entry, whose calls may fill limit bytes.
func (i *instance) entry(name string, limit int) (callstack.Handle, error) {
	if limit != i.entryLimit {
		clear(i.entries) // the stack stays
		i.entryLimit = limit
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

// buffer returns the buffer for the next run.
func (i *instance) buffer(limits *host.Limits) extism.Buffer {
	if i.kernel != nil {
		return i.kernel
	}
	return extism.NewHostKernel(bufferAccount{i.account}, limits)
}

// memoryBytes returns how large the linear memories are.
func (i *instance) memoryBytes() int64 {
	if i.mapping != nil {
		return int64(i.mapping.Size())
	}
	bytes := int64(i.memory.Size())
	for _, r := range i.linkMemories {
		bytes += int64(r.Size())
	}
	return bytes
}

// denied returns the largest size that a memory could not grow to, 0 when all could.
func (i *instance) denied() uint64 {
	if i.mapping != nil {
		return i.mapping.Denied()
	}
	if i.memory == nil { // it failed before it had one
		return 0
	}
	denied := i.memory.Denied()
	for _, r := range i.linkMemories {
		denied = max(denied, r.Denied())
	}
	return denied
}

// starved reports whether more memory was needed than the run may have.
func (i *instance) starved() bool { return i.denied() > 0 || i.account.denied > 0 }

// errAccount is the error of an instance that needs more memory than its run may
// have. The caller replaces it by the fault of [instance.beginFault].
var errAccount = errors.New("the run's memory_bytes do not suffice")

// beginFault returns why a run can't begin with an instance: err, unless that is the
// consequence of a limit.
func (i *instance) beginFault(c *Call, err error) error {
	if !i.starved() {
		return err
	}
	return &Fault{Kind: host.FaultLimit, Limit: "memory_bytes", Message: fmt.Sprintf(
		"needed %d bytes of memory to begin with (limit %d)", max(i.denied(), i.account.denied), c.limits.MemoryBytes)}
}

// begin readies a pooled instance for a run. It reports false when the run's limits
// are larger than the address space that the instance has reserved.
func (i *instance) begin(c *Call) bool {
	i.account.begin(c, i.mapping.Size(), i.code.instanceBytes)
	return i.mapping.SetLimit(uint64(c.limits.MemoryBytes))
}

// recountAfter is after how many restores the written pages are counted again.
const recountAfter = 64

// restore makes a pooled instance equal to the snapshot, and reports whether that
// was possible.
func (i *instance) restore(from *moduleSnapshot, fuel int64) bool {
	if i.mapping.Grew() || !i.kernel.Reset() {
		return false
	}
	expect := i.pages
	if i.restores++; i.restores%recountAfter == 0 {
		expect = -1
	}
	pages, err := i.mapping.Restore(expect)
	if err != nil {
		return false
	}
	i.pages = pages
	if i.measureStacks(fuel); i.stackBytes > pooledStackBytes {
		i.dropStacks()
	}
	i.setGlobals(from)
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
	for _, r := range i.linkMemories {
		r.Free()
	}
	if i.kernel != nil {
		i.kernel.Close()
	}
	i.stack.Close()
	if i.mapping != nil {
		i.mapping.Free()
	}
	if i.memory != nil {
		i.memory.Free()
	}
}
