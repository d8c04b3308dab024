package wasmbin

// injector writes one metered body.
//
// A loop is wrapped so that the call of the host lies outside of it, and the
// engine can hold the loop's values in registers:
//
//	block $out
//	  loop $again
//	    block $spent
//	      loop           ;; the guest's
//	        fuel -= n
//	        br_if $spent (fuel < 0)
//	        ...
//	      end
//	      br $out
//	    end
//	    call $refuel
//	    fuel += n        ;; because the loop's head runs once more
//	    br $again
//	  end
//	end
//
// In a loop that calls nothing, a local holds the fuel as well, so that a pass does
// not wait for the store of the pass before.
type injector struct {
	*meter
	scan  *scanner
	costs *cost
	raw   []byte
	out   []byte
	done  uint32 // how much of raw is written
	copy  uint32 // the local
	tight uint32 // the event of the outermost loop around that calls nothing, or wholeBody
	open  []opened
}

// opened is a block that is open: the event that opened it, and how many
// wrapped loops there are from the function to it.
type opened struct {
	event, wraps uint32
	wrapped      bool
}

// wrapLabels is how many labels a wrap puts between a loop and its outside.
const wrapLabels = 3

// body writes the body of scan with charges, and with its calls renumbered.
func (j *injector) body() {
	j.tight, j.done, j.open = wholeBody, 0, append(j.open[:0], opened{event: wholeBody})
	j.locals()
	j.out = j.charge(j.out, j.costs.entry)
	for i := range j.scan.events {
		j.event(uint32(i), &j.scan.events[i])
	}
	j.copyTo(uint32(len(j.raw)))
}

// copyTo writes raw up to offset at.
func (j *injector) copyTo(at uint32) {
	j.out = append(j.out, j.raw[j.done:at]...)
	j.done = at
}

// locals writes the locals, and one more if a loop wants it.
func (j *injector) locals() {
	if !j.scan.tight {
		j.copyTo(j.scan.code)
		return
	}
	j.copy = j.scan.params + uint32(j.scan.locals)
	r := &reader{data: j.raw}
	j.out = appendU32(j.out, r.u32()+1)
	j.done = uint32(r.at)
	j.copyTo(j.scan.code)
	j.out = append(j.out, 1, TypeI64)
}

func (j *injector) event(i uint32, e *event) {
	switch e.op {
	case opBlock, opIf:
		j.push(i, false)
	case opLoop:
		j.loop(i, e)
	case opEnd:
		j.end(i, e)
	case opBr, opBrIf, opBrTable:
		j.branch(e)
	case opCall, opRefFunc:
		j.copyTo(e.at)
		j.out = appendU32(append(j.out, e.op), j.move(e.arg))
		j.done = e.next
	case opMemoryGrow:
		j.copyTo(e.at)
		j.out = j.help(j.out, chargePages)
	case opPrefixMisc:
		j.misc(e)
	}
}

// misc charges for an operation on many bytes or elements. Those that can take
// long are done by a helper, in pieces.
func (j *injector) misc(e *event) {
	j.copyTo(e.at)
	switch e.sub {
	case miscMemoryFill, miscMemoryCopy:
		j.out = j.help(j.out, pieces[e.sub])
		j.done = e.next
	case miscMemoryInit:
		j.out = j.help(j.out, chargeBytes)
	case miscTableGrow:
		j.out = j.help(j.out, chargeElements)
		j.out = j.countTable(j.out, e.arg)
	case miscTableInit, miscTableCopy, miscTableFill:
		j.out = j.help(j.out, chargeElements)
	}
}

func (j *injector) push(event uint32, wrapped bool) {
	wraps := j.open[len(j.open)-1].wraps
	if wrapped {
		wraps++
	}
	j.open = append(j.open, opened{event, wraps, wrapped})
}

func (j *injector) loop(i uint32, e *event) {
	price := j.costs.charges[i]
	wrapped := price > 0 && j.takesNothing(e)
	j.push(i, wrapped)
	if !wrapped {
		j.copyTo(e.next)
		j.check(price)
		return
	}
	j.copyTo(e.at)
	if e.arg == 1 && j.tight == wholeBody {
		j.tight = i
		j.out = appendU32(append(j.out, opGlobalGet), j.fuel)
		j.out = appendU32(append(j.out, opLocalSet), j.copy)
	}
	typ := j.raw[e.at+1 : e.next]
	j.out = append(append(j.out, opBlock), typ...)
	j.out = append(append(j.out, opLoop), typ...)
	j.out = append(j.out, opBlock, blockVoid)
	j.copyTo(e.next)
	j.pay(price)
	j.out = append(j.out, opI64Const, 0, opI64LessS, opBrIf, 1)
}

// takesNothing reports whether a loop has no parameters, which a wrap could
// not hand to it.
func (j *injector) takesNothing(e *event) bool {
	r := &reader{data: j.raw, at: int(e.at) + 1}
	t := r.signed(33)
	return t < 0 || len(j.scan.module.types[t].Params) == 0
}

// pay takes price from the fuel and leaves the rest on the stack.
func (j *injector) pay(price uint32) {
	j.deduct(price)
	if j.tight == wholeBody {
		j.out = appendU32(append(j.out, opGlobalGet), j.fuel)
	} else {
		j.out = appendU32(append(j.out, opLocalGet), j.copy)
	}
}

// deduct takes price from the fuel.
func (j *injector) deduct(price uint32) {
	j.points++
	if j.tight == wholeBody {
		j.out = appendU32(append(j.out, opGlobalGet), j.fuel)
		j.out = appendSigned(append(j.out, opI64Const), int64(price))
		j.out = appendU32(append(j.out, opI64Sub, opGlobalSet), j.fuel)
		return
	}
	j.out = appendU32(append(j.out, opLocalGet), j.copy)
	j.out = appendSigned(append(j.out, opI64Const), int64(price))
	j.out = appendU32(append(j.out, opI64Sub, opLocalTee), j.copy)
	j.out = appendU32(append(j.out, opGlobalSet), j.fuel)
}

func (j *injector) end(i uint32, e *event) {
	j.copyTo(e.next)
	block := j.open[len(j.open)-1]
	j.open = j.open[:len(j.open)-1]
	if block.wrapped {
		j.unwrap(block.event)
		return
	}
	if price := j.costs.charges[i]; price > 0 {
		j.deduct(price) // the next loop or function checks: a call here would cost more than it is worth
	}
}

// check charges a loop that is not wrapped.
func (j *injector) check(price uint32) {
	if price == 0 || j.tight == wholeBody {
		j.out = j.charge(j.out, price)
		return
	}
	j.out = append(j.out, opBlock, blockVoid)
	j.pay(price)
	j.out = append(j.out, opI64Const, 0, opI64GreaterEqS, opBrIf, 0)
	j.refuel(0)
	j.out = append(j.out, opEnd)
}

func (j *injector) unwrap(loop uint32) {
	j.out = append(j.out, opBr, 2, opEnd)
	j.refuel(j.costs.charges[loop])
	j.out = append(j.out, opBr, 0, opEnd, opEnd)
	if j.tight == loop {
		j.tight = wholeBody
	}
}

// refuel calls the host and gives the price back.
func (j *injector) refuel(price uint32) {
	j.out = appendU32(append(j.out, opCall), j.meter.refuel)
	j.out = appendU32(append(j.out, opGlobalGet), j.fuel)
	j.out = appendSigned(append(j.out, opI64Const), int64(price))
	j.out = append(j.out, opI64Add)
	if j.tight != wholeBody {
		j.out = appendU32(append(j.out, opLocalTee), j.copy)
	}
	j.out = appendU32(append(j.out, opGlobalSet), j.fuel)
}

// branch writes a branch whose labels count the wraps that it leaves.
func (j *injector) branch(e *event) {
	j.copyTo(e.at + 1)
	r := &reader{data: j.raw, at: int(e.at) + 1}
	if e.op == opBrTable {
		j.out = appendU32(j.out, r.u32())
	}
	for r.at < int(e.next) {
		depth := r.u32()
		top := len(j.open) - 1
		left := j.open[top].wraps - j.open[top-int(depth)].wraps
		j.out = appendU32(j.out, depth+wrapLabels*left)
	}
	j.done = e.next
}

// meterBodies rewrites all code.
func (t *meter) meterBodies(s *scanner, l *leaves) error {
	total := 0
	for _, b := range t.module.bodies {
		total += len(b.raw)
	}
	j := &injector{meter: t, scan: s, costs: &cost{prices: l.prices}, out: make([]byte, 0, total+total/2)}
	for i := range t.module.bodies {
		if err := s.scan(i); err != nil {
			return err
		}
		if j.costs.measure(s); l.state[i] == leafYes {
			j.costs.entry = 0
		}
		j.raw = t.module.bodies[i].raw
		j.out = j.out[len(j.out):]
		j.body()
		t.module.bodies[i].raw = j.out[:len(j.out):len(j.out)]
	}
	return nil
}
