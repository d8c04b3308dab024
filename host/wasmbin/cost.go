package wasmbin

// farLabel is how many instructions may lie behind a forward label before the
// label becomes a charge point of its own. It keeps what a big function with
// many ways through it (a switch, Go's resumable functions) pays for each pass
// near to what it runs.
const farLabel = 192

// tightFarLabel is the same inside of loops that call nothing, where a charge
// weighs more.
const tightFarLabel = 1024

// cost says what the pass over one body found: for each event that is a charge
// point its charge, and the charge at the entry.
//
// The unit is one instruction; block, loop, else, end and nop are free. What
// passes many values at once costs more: see [FuncType.wide]. A
// charge point pays for the dearest way from it to the next charge point or
// out of the function, or out of its loop: what follows a loop is paid for by
// what surrounds the loop. So no instruction runs unpaid, and the sum depends
// on nothing but the code and the path through it.
type cost struct {
	entry   uint32
	least   uint32   // of entry: 1 in a body where labels pay
	charges []uint32 // by event, 0 for none
	nodes   []node   // by event that opens a block
	regions []region // loops around the event at hand, the innermost last
	prices  []uint32 // by function: what a call costs besides itself
}

// node is what is known of a block: how dear it is to go on from its label,
// how dear its else branch is, and how many loops surround its label.
type node struct {
	label, other uint32
	depth        int
}

// region is a loop and the dearest way on, after any of its exits.
type region struct {
	exit uint32
	far  uint32 // which labels in it become charge points
}

// measure walks backwards over what s scanned, so that where a branch leads is
// known when the branch is met.
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

// step returns what is ahead before event i, given what is ahead after it.
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
	if opener == theFunction {
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

// branch returns what is ahead behind a label. Where the branch leaves loops,
// that is noted as an exit of the outermost of them and nothing is ahead here.
func (c *cost) branch(opener uint32) uint32 {
	target := node{}
	if opener != theFunction {
		target = c.nodes[opener]
	}
	if target.depth == len(c.regions) {
		return target.label
	}
	left := &c.regions[target.depth]
	left.exit = max(left.exit, target.label)
	return 0
}
