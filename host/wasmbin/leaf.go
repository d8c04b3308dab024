package wasmbin

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
