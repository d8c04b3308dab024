package wasmbin

import "slices"

// The names through which a metered module and its host speak. Guests can't
// use them: see [Rewrite].
const (
	MeterModule = "usher:meter/v1" // imported from
	MeterRefill = "refill"         // () -> (): called when the fuel is below zero
	FuelExport  = "usher:fuel"     // mutable i64 global: what is left
	StartExport = "usher:start"    // () -> (): the start function
	GlobalStem  = "usher:g"        // and the global's index: mutable globals
	reservedFor = "usher:"
)

// What the operations on many bytes or elements cost besides themselves.
const (
	BytesPerFuel = 16   // memory.fill, memory.copy, memory.init
	FuelPerPage  = 4096 // memory.grow: PageBytes / BytesPerFuel
)

// padding is how many unused globals stand on each side of the fuel, so that
// the fuel of two instances never shares a cache line. A global takes 16 bytes.
const padding = 8

// meter knows the indexes of what it adds to a module.
type meter struct {
	module  *module
	fuel    uint32
	refill  uint32
	own     uint32 // the first own function before the refill was imported
	helpers [3]uint32
	used    [3]bool
	points  int
}

// The helpers take a count from the stack, charge for it and put it back.
const (
	chargeBytes = iota
	chargeElements
	chargePages
)

// addMeter adds the imports, globals and exports; the bodies come later, by
// inject.
func addMeter(m *module) *meter {
	t := &meter{module: m, refill: m.imported[KindFunction], own: m.imported[KindFunction]}
	typ := m.addType(FuncType{})
	m.present[SectionImport], m.present[SectionGlobal], m.present[SectionExport] = true, true, true
	m.imports = append(slices.Clip(m.imports), Import{Module: MeterModule, Name: MeterRefill, typeIndex: typ})
	m.imported[KindFunction]++
	m.moveFunctions(t.move)
	unused := global{valueType: TypeI64, init: constant{raw: []byte{opI64Const, 0}}}
	m.globals = append(slices.Clip(m.globals), slices.Repeat([]global{unused}, 2*padding+1)...)
	own := len(m.globals) - padding - 1
	m.globals[own].mutable = true
	t.fuel = m.imported[KindGlobal] + uint32(own)
	m.exports = append(m.exports, Export{Name: FuelExport, Kind: KindGlobal, Index: t.fuel})
	for i := range t.helpers {
		t.helpers[i] = uint32(m.count(KindFunction) + i)
	}
	return t
}

// move tells the new index of a function.
func (t *meter) move(index uint32) uint32 {
	if index >= t.own {
		return index + 1
	}
	return index
}

func (m *module) addType(f FuncType) uint32 {
	for i, t := range m.types {
		if string(t.Params) == string(f.Params) && string(t.Results) == string(f.Results) {
			return uint32(i)
		}
	}
	m.present[SectionType] = true
	m.types = append(slices.Clip(m.types), f)
	return uint32(len(m.types) - 1)
}

// moveFunctions renumbers the functions everywhere but in the code and names.
func (m *module) moveFunctions(move func(uint32) uint32) {
	for i := range m.exports {
		if m.exports[i].Kind == KindFunction {
			m.exports[i].Index = move(m.exports[i].Index)
		}
	}
	m.start = move(m.start)
	for i := range m.globals {
		m.globals[i].init.move(move)
	}
	for i := range m.elements {
		for j, f := range m.elements[i].functions {
			m.elements[i].functions[j] = move(f)
		}
		for j := range m.elements[i].values {
			m.elements[i].values[j].move(move)
		}
	}
}

func (c *constant) move(move func(uint32) uint32) {
	if c.op == opRefFunc {
		c.index = move(c.index)
		c.raw = appendU32([]byte{opRefFunc}, c.index)
	}
}

func (t *meter) bulk(out []byte, sub byte) []byte {
	switch sub {
	case miscMemoryInit, miscMemoryCopy, miscMemoryFill:
		return t.help(out, chargeBytes)
	case miscTableInit, miscTableCopy, miscTableGrow, miscTableFill:
		return t.help(out, chargeElements)
	default:
		return out
	}
}

func (t *meter) help(out []byte, helper int) []byte {
	t.used[helper] = true
	return appendU32(append(out, opCall), t.helpers[helper])
}

// charge writes: fuel -= n; if fuel < 0 { refill() }.
func (t *meter) charge(out []byte, n uint32) []byte {
	if n == 0 {
		return out
	}
	t.points++
	out = appendU32(append(out, opGlobalGet), t.fuel)
	return t.settle(appendSigned(append(out, opI64Const), int64(n)))
}

// settle takes what is left and the price from the stack.
func (t *meter) settle(out []byte) []byte {
	out = appendU32(append(out, opI64Sub, opGlobalSet), t.fuel)
	out = appendU32(append(out, opGlobalGet), t.fuel)
	out = append(out, opI64Const, 0, opI64LessS, opIf, blockVoid, opCall)
	return append(appendU32(out, t.refill), opEnd)
}

// addHelpers appends the helpers up to the last one in use. A count that the
// operation can't have is not charged: the operation fails at once.
func (t *meter) addHelpers(maxElements, maxPages uint32) {
	last := -1
	for i, used := range t.used {
		if used {
			last = i
		}
	}
	bounds := [...][]byte{
		// The count is compared with the memory's size, 65536 times its pages.
		chargeBytes:    {opMemorySize, 0, opI64ExtendU, opI64Const, 16, opI64ShiftL},
		chargeElements: appendSigned([]byte{opI64Const}, int64(maxElements)),
		chargePages:    appendSigned([]byte{opI64Const}, int64(maxPages)),
	}
	prices := [...][]byte{
		chargeBytes:    {opI64Const, 4, opI64ShiftRU}, // by BytesPerFuel
		chargeElements: {},
		chargePages:    {opI64Const, 12, opI64ShiftL}, // by FuelPerPage
	}
	for i := 0; i <= last; i++ {
		if i == chargeBytes && !t.used[i] {
			bounds[i] = []byte{opI64Const, 0} // there may be no memory
		}
		t.addHelper(bounds[i], prices[i])
	}
}

func (t *meter) addHelper(bound, price []byte) {
	m := t.module
	count := []byte{opLocalGet, 0, opI64ExtendU}
	code := append([]byte{0}, count...)
	code = append(append(code, bound...), opI64LessEqU, opIf, blockVoid)
	code = appendU32(append(code, opGlobalGet), t.fuel)
	code = append(append(code, count...), price...)
	code = append(t.settle(code), opEnd, opLocalGet, 0, opEnd)
	typ := m.addType(FuncType{Params: []byte{TypeI32}, Results: []byte{TypeI32}})
	m.functions = append(slices.Clip(m.functions), typ)
	m.bodies = append(slices.Clip(m.bodies), body{raw: code})
}
