package wasmbin

import "slices"

// The names through which a metered module and its host speak. Guests can't
// use them: see [Rewrite].
const (
	MeterModule = "usher:meter/v1" // imported from
	MeterRefuel = "refuel"         // () -> (): called when the fuel is below zero
	MeterTable  = "table"          // (i32) -> i32: called with Options.CountTables before a table grows by so many elements
	FuelExport  = "usher:fuel"     // mutable i64 global: the fuel that is left
	StartExport = "usher:start"    // () -> (): the start function
	GlobalStem  = "usher:g"        // and the global's index: mutable globals
	reservedFor = "usher:"
)

// The costs of operations on many bytes or elements, besides one for the instruction.
const (
	BytesPerFuel = 16   // memory.fill, memory.copy, memory.init
	FuelPerPage  = 4096 // memory.grow: PageBytes / BytesPerFuel
)

// padding is the number of unused globals on each side of the fuel, so that the fuel
// of two instances never shares a cache line. A global takes 16 bytes.
const padding = 8

// meter holds the indexes of the items that it adds to a module.
type meter struct {
	module  *module
	fuel    uint32
	refuel  uint32
	own     uint32 // the first own function before the refuel function was imported
	helpers [helperCount]uint32
	used    [helperCount]bool
	tables  []uint32 // that grow, each with a helper behind the others
	counts  bool     // growing tables asks the host
	table   uint32   // the host's function for that
	points  int
}

// The helpers take a count from the stack, charge for it and put it back.
const (
	chargeBytes = iota
	chargeElements
	chargePages
	fillPieces // memory.fill and memory.copy themselves
	copyPieces
	helperCount
)

var pieces = map[byte]int{miscMemoryFill: fillPieces, miscMemoryCopy: copyPieces}

// addMeter adds the imports, globals and exports; the bodies come later, by
// inject.
func addMeter(m *module, counts bool) *meter {
	t := &meter{module: m, refuel: m.imported[KindFunction], own: m.imported[KindFunction], counts: counts}
	typ := m.addType(FuncType{})
	m.present[SectionImport], m.present[SectionGlobal], m.present[SectionExport] = true, true, true
	m.imports = append(slices.Clip(m.imports), Import{Module: MeterModule, Name: MeterRefuel, typeIndex: typ})
	m.imported[KindFunction]++
	if counts {
		t.table = m.imported[KindFunction]
		typ := m.addType(FuncType{Params: []byte{TypeI32}, Results: []byte{TypeI32}})
		m.imports = append(m.imports, Import{Module: MeterModule, Name: MeterTable, typeIndex: typ})
		m.imported[KindFunction]++
	}
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

// move returns the new index of a function.
func (t *meter) move(index uint32) uint32 {
	switch {
	case index < t.own:
		return index
	case t.counts:
		return index + 2
	}
	return index + 1
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

func (t *meter) help(out []byte, helper int) []byte {
	t.used[helper] = true
	return appendU32(append(out, opCall), t.helpers[helper])
}

// charge writes: fuel -= n; if fuel < 0 { refuel() }.
func (t *meter) charge(out []byte, n uint32) []byte {
	if n == 0 {
		return out
	}
	t.points++
	out = appendU32(append(out, opGlobalGet), t.fuel)
	return t.settle(appendSigned(append(out, opI64Const), int64(n)))
}

// settle takes the remaining fuel and the price from the stack.
func (t *meter) settle(out []byte) []byte {
	out = appendU32(append(out, opI64Sub, opGlobalSet), t.fuel)
	out = appendU32(append(out, opGlobalGet), t.fuel)
	out = append(out, opI64Const, 0, opI64LessS, opIf, blockVoid, opCall)
	return append(appendU32(out, t.refuel), opEnd)
}
