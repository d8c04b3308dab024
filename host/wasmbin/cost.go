package wasmbin

// farLabel is how many instructions may follow a forward label before the label
// becomes a charge point of its own. So a big function with many paths (a switch,
// Go's resumable functions) is charged for each pass about what it runs.
const farLabel = 192

// tightFarLabel is the same inside of loops that call nothing, where a charge costs
// more in comparison.
const tightFarLabel = 1024

// cost holds the charges of one body: that of each event that is a charge point,
// and the one at the entry.
//
// The unit is one instruction; block, loop, else, end and nop are free.
// Instructions that pass many values at once cost more: see [FuncType.wide]. A
// charge point pays for the worst-case path from it to the next charge point, out
// of the function, or out of its loop: the code after a loop is paid for by the
// code around the loop. So no instruction runs unpaid, and the sum depends on
// nothing but the code and the path through it.
type cost struct {
	entry   uint32
	least   uint32   // of entry: 1 in a body where labels pay
	charges []uint32 // by event, 0 for none
	nodes   []node   // by event that opens a block
	regions []region // loops around the event at hand, the innermost last
	prices  []uint32 // by function: the cost of a call besides the instruction itself
}

// node holds the costs of a block: from its label on, and of its else branch. It
// also counts the loops around its label.
type node struct {
	label, other uint32
	depth        int
}

// region is a loop, with the cost of the worst-case path after any of its exits.
type region struct {
	exit uint32
	far  uint32 // which labels in it become charge points
}

// measure goes backwards over the events that s scanned, so that the cost after a
// branch's target is known when the branch is reached.
func (c *cost) measure(s *scanner) {
	n := len(s.events)
	c.charges = append(c.charges[:0], make([]uint32, n)...)
	c.nodes = append(c.nodes[:0], make([]node, n)...)
	c.regions = c.regions[:0]
	c.least = 0
	var ahead uint32
	for i := n - 1; i >= 0; i-- {
		ahead = c.step(s, i, ahead+s.events[i].plain)
	}
	c.entry = max(ahead+s.head, c.least)
}

// step returns the cost from before event i on, given the cost from after it on.
func (c *cost) step(s *scanner, i int, ahead uint32) uint32 {
	switch e := &s.events[i]; e.op {
	case opEnd:
		return c.end(s, i, ahead)
	case opElse:
		c.nodes[e.arg].other = ahead
		return c.nodes[e.arg].label
	case opIf:
		if e.first != 0 {
			return 1 + e.wide + max(ahead, c.nodes[i].other)
		}
		return 1 + e.wide + max(ahead, c.nodes[i].label)
	case opLoop:
		c.charges[i] = max(ahead, 1) // a label pays, and does not check
		last := len(c.regions) - 1
		ahead = c.regions[last].exit
		c.regions = c.regions[:last]
		return e.wide + ahead
	case opBlock:
		return e.wide + ahead
	case opBr:
		return 1 + e.wide + c.branch(e.arg)
	case opBrIf:
		return 1 + e.wide + max(ahead, c.branch(e.arg))
	case opBrTable:
		ahead = 0
		for _, target := range s.targets[e.first : e.first+e.arg] {
			ahead = max(ahead, c.branch(target))
		}
		return 1 + e.wide + ahead
	case opReturn, opUnreachable:
		return 1 + e.wide
	case opCall:
		return 1 + e.wide + c.prices[e.arg] + ahead
	case opCallIndirect:
		return 1 + e.wide + ahead
	default:
		return 1 + ahead
	}
}

func (c *cost) end(s *scanner, i int, ahead uint32) uint32 {
	opener := s.events[i].arg
	if opener == wholeBody {
		return 0
	}
	if s.events[opener].op == opLoop {
		c.openRegion(ahead, s.events[opener].arg == 1)
		c.nodes[opener] = node{depth: len(c.regions)}
		return 0
	}
	if ahead > c.far() {
		c.charges[i] = ahead
		c.least = 1
		ahead = 0
	}
	c.nodes[opener] = node{label: ahead, depth: len(c.regions)}
	return ahead
}

func (c *cost) openRegion(exit uint32, tight bool) {
	far := uint32(farLabel)
	if tight {
		far = tightFarLabel
	}
	c.regions = append(c.regions, region{exit, far})
}

func (c *cost) far() uint32 {
	if n := len(c.regions); n > 0 {
		return c.regions[n-1].far
	}
	return farLabel
}

// branch returns the cost from a label on. Where the branch leaves loops, that cost
// is recorded as an exit of the outermost of them, and 0 is returned.
func (c *cost) branch(opener uint32) uint32 {
	target := node{}
	if opener != wholeBody {
		target = c.nodes[opener]
	}
	if target.depth == len(c.regions) {
		return target.label
	}
	left := &c.regions[target.depth]
	left.exit = max(left.exit, target.label)
	return 0
}

// leafLimit is the largest cost of a function that its callers pay for. It is below
// farLabel, so that such a function has no charge point at all.
const leafLimit = 128

// leafDepth is how deeply calls of such functions may be nested.
const leafDepth = 8

// leaves finds the functions that their callers pay for, which saves the charge at
// their entry: those without loops, which call only each other and the host, which
// only direct calls can reach, and which cost little.
type leaves struct {
	module *module
	scan   *scanner
	state  []leafState // by own function
	prices []uint32    // by function, imports first: what a call costs besides itself
}

type leafState byte

const (
	leafUnknown leafState = iota
	leafOpen              // being examined: it calls itself, if it is reached again
	leafNo
	leafYes
)

func findLeaves(m *module, s *scanner) (*leaves, error) {
	l := &leaves{module: m, scan: s, state: make([]leafState, len(m.functions)), prices: make([]uint32, m.count(KindFunction))}
	l.exclude(m)
	for i := range l.state {
		if err := l.look(i, 0); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// exclude rules out functions that can be called other than directly, or are long.
func (l *leaves) exclude(m *module) {
	for i, b := range m.bodies {
		if len(b.raw) > 4*leafLimit {
			l.state[i] = leafNo
		}
	}
	for _, e := range m.exports {
		if e.Kind == KindFunction {
			l.rule(e.Index)
		}
	}
	if m.present[SectionStart] {
		l.rule(m.start)
	}
	for _, e := range m.elements {
		for _, f := range e.functions {
			l.rule(f)
		}
		for _, v := range e.values {
			l.ruleConstant(v)
		}
	}
	for _, g := range m.globals {
		l.ruleConstant(g.init)
	}
}

func (l *leaves) rule(function uint32) {
	if own := int64(function) - int64(l.module.imported[KindFunction]); own >= 0 {
		l.state[own] = leafNo
	}
}

func (l *leaves) ruleConstant(c constant) {
	if c.op == opRefFunc {
		l.rule(c.index)
	}
}

// look decides on own function i and on the functions that it calls.
func (l *leaves) look(i, depth int) error {
	if l.state[i] != leafUnknown {
		return nil
	}
	l.state[i] = leafOpen
	calls, ok, err := l.calls(i)
	if err != nil {
		return err
	}
	for _, f := range calls {
		own := int(f) - int(l.module.imported[KindFunction])
		if own < 0 || !ok {
			continue
		}
		if depth < leafDepth {
			if err := l.look(own, depth+1); err != nil {
				return err
			}
		}
		ok = l.state[own] == leafYes
	}
	if l.state[i] = leafNo; !ok {
		return nil
	}
	return l.measure(i)
}

// calls lists the functions that own function i calls, and reports whether it can be
// a leaf in this respect.
func (l *leaves) calls(i int) (calls []uint32, ok bool, err error) {
	if err := l.scan.scan(i); err != nil || l.scan.maxLoops > 0 {
		return nil, false, err
	}
	for _, e := range l.scan.events {
		switch e.op {
		case opCall:
			calls = append(calls, e.arg)
		case opCallIndirect, opMemoryGrow, opPrefixMisc:
			return nil, false, nil
		}
	}
	return calls, true, nil
}

func (l *leaves) measure(i int) error {
	if err := l.scan.scan(i); err != nil {
		return err
	}
	c := cost{prices: l.prices}
	if c.measure(l.scan); c.entry <= leafLimit {
		l.state[i] = leafYes
		l.prices[int(l.module.imported[KindFunction])+i] = c.entry
	}
	return nil
}
