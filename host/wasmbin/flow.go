package wasmbin

import "time"

// flow estimates how long the engine takes for a function, without the part that is
// proportional to its bytes. It follows the control flow as the engine's SSA builder
// does, and counts the steps of those parts that take more than linear time:
//
//   - From every block, and from every edge, the builder goes up the dominator tree:
//     for nested or successive ifs that is the square of their number.
//   - To read a local it goes up the blocks with one predecessor, until the local is
//     set or flows meet.
//   - Where flows meet it merges every local that is read later and was not set
//     since: locals times blocks, and more in loops.
//
// Blocks of a wide switch are siblings in that tree, and the locals that compilers
// make without optimisation are read next to where they are set: neither costs much.
// A local that is set on one of two paths counts as set on both, so the estimate can
// be too low; the subprocess that compiles has limits.
type flow struct {
	blocks []flowBlock
	labels []flowLabel // of the blocks that are open, wholeBody's first
	last   []flowMark  // by local; those of other bodies count as none
	now    flowMark
	block  int32 // the one at hand, unreached in code that nothing reaches

	walked         uint64 // up the dominator tree
	looked         uint64 // for locals
	merged, looped uint64 // locals
}

// flowBlock is a basic block in the dominator tree. Its skip is an ancestor to
// jump to, so that common ancestors are found in logarithmic time.
type flowBlock struct {
	parent, skip int32
	depth        uint32
	alone        uint32 // how many blocks with one predecessor there are from here up
}

// flowLabel is where an open block's branches lead.
type flowLabel struct {
	op      byte
	opened  int32 // the block that opened it
	common  int32 // dominator of all that branch here; of a loop: its head
	sources int
}

// flowMark counts the places where flows have met, and the heads of loops, in a
// body.
type flowMark struct{ met, heads, body uint32 }

const unreached = -1

// use is a local that is read or set, before event at.
type use struct {
	at    uint32
	local uint32
	set   bool
}

// The engine's measured time for each, on a machine that is not the fastest.
const (
	walkNanos  = 8
	lookNanos  = 30
	mergeNanos = 3_000
	loopNanos  = 12_000
	localNanos = 15
)

// estimate returns the time for the body that s has scanned.
func (f *flow) estimate(s *scanner) time.Duration {
	locals := int(s.params) + int(s.locals)
	if n := locals - len(f.last); n > 0 {
		f.last = append(f.last, make([]flowMark, n)...)
	}
	f.blocks = append(f.blocks[:0], flowBlock{})
	f.labels = append(f.labels[:0], flowLabel{common: unreached})
	f.now, f.block = flowMark{body: f.now.body + 1}, 0
	f.walked, f.looked, f.merged, f.looped = 0, 0, 0, 0
	uses := s.uses
	for i := range s.events {
		for len(uses) > 0 && uses[0].at <= uint32(i) {
			f.use(uses[0])
			uses = uses[1:]
		}
		f.event(s, &s.events[i])
	}
	nanos := float64(locals)*localNanos + float64(f.walked)*walkNanos + float64(f.looked)*lookNanos + float64(f.merged)*mergeNanos + float64(f.looped)*loopNanos
	return time.Duration(min(nanos, float64(maxEstimate)))
}

const maxEstimate = time.Hour

func (f *flow) use(u use) {
	if f.block == unreached {
		return
	}
	last := &f.last[u.local]
	if last.body != f.now.body {
		*last = flowMark{}
	}
	if !u.set {
		f.looked += uint64(f.blocks[f.block].alone)
		f.merged += uint64(f.now.met - last.met)
		f.looped += uint64(f.now.heads - last.heads)
	}
	*last = f.now
}

func (f *flow) event(s *scanner, e *event) {
	switch e.op {
	case opBlock, opIf, opLoop:
		f.open(e.op)
	case opElse:
		label := &f.labels[len(f.labels)-1]
		f.branch(label)
		f.block, label.op = f.follow(label.opened), opElse
	case opEnd:
		f.end()
	case opBr:
		f.branch(f.label(s, e.arg))
		f.block = unreached
	case opBrIf:
		f.branch(f.label(s, e.arg))
		f.block = f.follow(f.block)
	case opBrTable:
		for _, target := range s.targets[e.first : e.first+e.arg] {
			f.branch(f.label(s, target))
		}
		f.block = unreached
	case opReturn, opUnreachable:
		f.block = unreached
	}
}

func (f *flow) open(op byte) {
	label := flowLabel{op: op, opened: f.block, common: unreached}
	switch {
	case op == opLoop && f.block != unreached:
		f.block = f.add(f.block, false)
		label.common = f.block
		f.now.heads++
	case op == opIf:
		f.block = f.follow(f.block)
	}
	f.labels = append(f.labels, label)
}

// label returns the label of the block that an event opened. The events of open
// blocks are in the scanner's order, so the label's place is its depth.
func (f *flow) label(s *scanner, opener uint32) *flowLabel {
	if opener == wholeBody {
		return &f.labels[0]
	}
	return &f.labels[s.events[opener].depth]
}

// branch adds an edge from the block at hand.
func (f *flow) branch(to *flowLabel) {
	if f.block == unreached {
		return
	}
	f.walked += uint64(f.blocks[f.block].depth)
	to.sources++
	switch {
	case to.op == opLoop:
	case to.common == unreached:
		to.common = f.block
	default:
		to.common = f.meet(to.common, f.block)
	}
}

func (f *flow) end() {
	last := len(f.labels) - 1
	label := &f.labels[last]
	if label.op == opLoop {
		f.labels = f.labels[:last]
		return
	}
	f.branch(label)
	if label.op == opIf { // without an else
		f.block = label.opened
		f.branch(label)
	}
	f.block = unreached
	if label.sources > 0 {
		f.block = f.add(label.common, label.sources == 1)
	}
	if label.sources > 1 {
		f.now.met++
	}
	f.labels = f.labels[:last]
}

// follow adds a block behind one that alone leads to it.
func (f *flow) follow(block int32) int32 {
	if block == unreached {
		return unreached
	}
	return f.add(block, true)
}

func (f *flow) add(parent int32, alone bool) int32 {
	p := f.blocks[parent]
	b := flowBlock{parent: parent, skip: parent, depth: p.depth + 1}
	if skip := f.blocks[p.skip]; p.depth-skip.depth == skip.depth-f.blocks[skip.skip].depth {
		b.skip = skip.skip
	}
	if alone {
		b.alone = p.alone + 1
	}
	f.walked += uint64(b.depth)
	f.blocks = append(f.blocks, b)
	return int32(len(f.blocks) - 1)
}

// meet returns the nearest common ancestor of two blocks.
func (f *flow) meet(a, b int32) int32 {
	if f.blocks[a].depth < f.blocks[b].depth {
		a, b = b, a
	}
	for f.blocks[a].depth > f.blocks[b].depth {
		if skip := f.blocks[a].skip; f.blocks[skip].depth >= f.blocks[b].depth {
			a = skip
		} else {
			a = f.blocks[a].parent
		}
	}
	for a != b {
		if f.blocks[a].skip != f.blocks[b].skip {
			a, b = f.blocks[a].skip, f.blocks[b].skip
		} else {
			a, b = f.blocks[a].parent, f.blocks[b].parent
		}
	}
	return a
}
