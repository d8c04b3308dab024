package sandbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/usherhost/usher/host/wasmbin"
)

// FunctionFuel is the fuel that a run used in one function with one call stack.
type FunctionFuel struct {
	// Stack names the function and its callers, the function first. Deep
	// stacks are cut: the function is then the only one.
	Stack []string
	Calls int64
	// Fuel is the function's own, without that of its callees. The fuel of a small
	// function without callees may be counted as its caller's.
	Fuel int64
	// Initial says that it ran before the run's entry, when the module initialised
	// itself. Most runs begin with a snapshot, and don't.
	Initial bool
}

// The bounds of a profile.
const (
	profileDepth = 128
	profileNodes = 1 << 16
)

// Profile runs a module once, with a plain instance, and returns the fuel that each
// of its functions used, the largest first. It is slow: the code is compiled for
// it alone, and every call is observed. The error says that the module can't be
// admitted, or is the host's own failure.
func (s *Sandbox) Profile(ctx context.Context, wasm []byte, r *Request) (out Outcome, used []FunctionFuel, err error) {
	if problems := wasmbin.Check(wasm, wasmbin.DefaultBudgets()); len(problems) > 0 {
		return Outcome{}, nil, fmt.Errorf("read module: %s", problems[0].Detail)
	}
	outline, err := wasmbin.Parse(wasm)
	if err != nil {
		return Outcome{}, nil, fmt.Errorf("read module: %w", err)
	}
	own, err := Open(ctx, Config{Functions: s.config.Functions})
	if err != nil {
		return Outcome{}, nil, err
	}
	defer func() { err = errors.Join(err, own.Close(context.WithoutCancel(ctx))) }()
	p := newProfiler(outline, r.Entry)
	m, err := own.observed(ctx, wasm, p)
	if err != nil {
		return Outcome{}, nil, err
	}
	if !m.Exports(r.Entry) {
		return Outcome{}, nil, fmt.Errorf("enter the module: it does not export %s", r.Entry)
	}
	out = m.Run(ctx, r)
	p.settle(out.Fuel)
	return out, p.result(), nil
}

// observed compiles a module so that p observes every call.
func (s *Sandbox) observed(ctx context.Context, wasm []byte, p *profiler) (*Module, error) {
	a, plain, err := s.admitter.Rewrite(ctx, wasm)
	if err != nil {
		return nil, err
	}
	p.moved = plain.MovedFunctions
	compiled, err := s.runtime.CompileModule(experimental.WithFunctionListenerFactory(ctx, p), plain.Wasm)
	if err != nil {
		return nil, fmt.Errorf("compile module: %w", err)
	}
	m := &Module{sandbox: s, artifact: a}
	m.codes.plain = &code{runtime: s.runtime, compiled: compiled, instanceBytes: a.Plain.InstanceBytes}
	return m, m.loadLinks(ctx)
}

// profiler observes a run's calls, and counts the fuel of each in a tree of calls.
// It is for one run, and so for one goroutine.
type profiler struct {
	entry    string
	imported uint32 // functions
	moved    uint32 // by how much the guest's own functions were
	end      uint32 // the first function that the host added behind the guest's own

	root  callNode
	at    *callNode
	stack []*callNode // the callers of at
	nodes int
	seen  int64 // the fuel that is accounted for
}

// callNode is a function, called in one way.
type callNode struct {
	function string
	initial  bool
	depth    int
	parent   *callNode
	callees  map[calleeKey]*callNode
	calls    int64
	fuel     int64
}

// calleeKey distinguishes a node's callees.
type calleeKey struct {
	index   uint32
	initial bool
}

func newProfiler(outline *wasmbin.Module, entry string) *profiler {
	p := &profiler{entry: entry}
	for _, i := range outline.Imports {
		if i.Kind == wasmbin.KindFunction {
			p.imported++
		}
	}
	for p.end = p.imported; ; p.end++ {
		if _, found := outline.FuncType(p.end); !found {
			break
		}
	}
	p.at = &p.root
	return p
}

// original is the function's index in the module as it was uploaded: the
// imports of the meter moved the guest's own functions up.
func (p *profiler) original(d api.FunctionDefinition) uint32 { return d.Index() - p.moved }

// NewFunctionListener implements [experimental.FunctionListenerFactory]. What
// the meter added counts as its caller's.
func (p *profiler) NewFunctionListener(d api.FunctionDefinition) experimental.FunctionListener {
	if i := p.original(d); i < p.imported || i >= p.end {
		return nil
	}
	return p
}

// Before implements [experimental.FunctionListener].
func (p *profiler) Before(ctx context.Context, _ api.Module, d api.FunctionDefinition, _ []uint64, _ experimental.StackIterator) {
	p.account(ctx)
	p.stack = append(p.stack, p.at)
	p.at = p.callee(d)
	p.at.calls++
}

// After implements [experimental.FunctionListener].
func (p *profiler) After(ctx context.Context, _ api.Module, _ api.FunctionDefinition, _ []uint64) {
	p.account(ctx)
	last := len(p.stack) - 1
	p.at, p.stack = p.stack[last], p.stack[:last]
}

// Abort implements [experimental.FunctionListener]. A trap is not reported for every
// function that it ends, so all are taken as ended: nothing runs after it.
func (p *profiler) Abort(ctx context.Context, _ api.Module, _ api.FunctionDefinition, _ error) {
	p.account(ctx)
	p.at, p.stack = &p.root, nil
}

// account adds the fuel used since the last event to the function that ran.
func (p *profiler) account(ctx context.Context) { p.settle(ctx.(*Call).used()) }

func (p *profiler) settle(used int64) {
	p.at.fuel += used - p.seen
	p.seen = used
}

// callee returns the node of a function called by the present one. Where the
// tree is too deep or too large it is the root's.
func (p *profiler) callee(d api.FunctionDefinition) *callNode {
	parent := p.at
	key := calleeKey{index: p.original(d), initial: parent.initial}
	if parent == &p.root {
		key.initial = !slices.Contains(d.ExportNames(), p.entry)
	}
	if n := parent.callees[key]; n != nil {
		return n
	}
	if parent.depth >= profileDepth || p.nodes >= profileNodes {
		parent = &p.root
	}
	return p.child(parent, key, d)
}

// child returns the parent's node with key, made when it is not there.
func (p *profiler) child(parent *callNode, key calleeKey, d api.FunctionDefinition) *callNode {
	n := parent.callees[key]
	if n == nil {
		n = &callNode{function: p.functionName(d), initial: key.initial, depth: parent.depth + 1, parent: parent}
		if parent.callees == nil {
			parent.callees = map[calleeKey]*callNode{}
		}
		parent.callees[key] = n
		p.nodes++
	}
	return n
}

// functionName returns a function's name in the name section, or as an export,
// or else its index.
func (p *profiler) functionName(d api.FunctionDefinition) string {
	if name := d.Name(); name != "" {
		return name
	}
	if names := d.ExportNames(); len(names) > 0 {
		return names[0]
	}
	return fmt.Sprintf("function[%d]", p.original(d))
}

// result returns the tree as a list.
func (p *profiler) result() []FunctionFuel {
	var list []FunctionFuel
	var add func(n *callNode)
	add = func(n *callNode) {
		if n != &p.root {
			list = append(list, FunctionFuel{Stack: n.names(), Calls: n.calls, Fuel: n.fuel, Initial: n.initial})
		}
		for _, c := range n.callees {
			add(c)
		}
	}
	add(&p.root)
	slices.SortFunc(list, func(a, b FunctionFuel) int {
		return cmp.Or(cmp.Compare(b.Fuel, a.Fuel), slices.Compare(a.Stack, b.Stack))
	})
	return list
}

func (n *callNode) names() (names []string) {
	for ; n.parent != nil; n = n.parent {
		names = append(names, n.function)
	}
	return names
}
