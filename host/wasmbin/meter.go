package wasmbin

import (
	"slices"
)

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

// PieceBytes is how many bytes memory.fill and memory.copy write between two
// charges: a run ends at most a few of these after its deadline.
const PieceBytes = 1 << 20

// addHelpers appends the helpers up to the last one in use, and those of the tables
// that grow. A count that the operation refuses is not charged: it fails at once.
func (t *meter) addHelpers(maxElements, maxPages uint32) {
	last := -1
	for i, used := range t.used {
		if used {
			last = i
		}
	}
	if len(t.tables) > 0 {
		last = helperCount - 1
	}
	bytes := t.used[chargeBytes] || t.used[fillPieces] || t.used[copyPieces]
	for i := 0; i <= last; i++ {
		switch {
		case i == chargeElements:
			t.addCharge(appendSigned([]byte{opI64Const}, int64(maxElements)), nil)
		case i == chargePages:
			t.addCharge(appendSigned([]byte{opI64Const}, int64(maxPages)), []byte{opI64Const, 12, opI64ShiftL}) // by FuelPerPage
		case !bytes: // there may be no memory
			t.addCharge([]byte{opI64Const, 0}, nil)
		case i == chargeBytes:
			t.addCharge(memoryBytes, []byte{opI64Const, 4, opI64ShiftRU}) // by BytesPerFuel
		default:
			t.addPieces(i)
		}
	}
	for _, table := range t.tables {
		t.addTable(table)
	}
}

// memoryBytes puts the memory's size on the stack, 65536 times its pages.
var memoryBytes = []byte{opMemorySize, 0, opI64ExtendU, opI64Const, 16, opI64ShiftL}

// addCharge appends a helper that takes a count, charges for it when it is no
// more than a bound, and returns it.
func (t *meter) addCharge(bound, price []byte) {
	count := []byte{opLocalGet, 0, opI64ExtendU}
	code := append([]byte{0}, count...)
	code = append(append(code, bound...), opI64LessEqU, opIf, blockVoid)
	code = appendU32(append(code, opGlobalGet), t.fuel)
	code = append(append(code, count...), price...)
	code = append(t.settle(code), opEnd, opLocalGet, 0, opEnd)
	t.addFunction(FuncType{Params: []byte{TypeI32}, Results: []byte{TypeI32}}, code)
}

func (t *meter) addFunction(typ FuncType, code []byte) {
	m := t.module
	m.functions = append(slices.Clip(m.functions), m.addType(typ))
	m.bodies = append(slices.Clip(m.bodies), body{raw: code})
}

// The locals of a helper that works in pieces.
const (
	pieceTo = iota
	pieceFrom
	pieceCount
	pieceLeft // of the pieces' count, by which the locals move
)

// addPieces appends a helper that does what memory.fill or memory.copy does,
// with its parameters. Small operations, and those that reach beyond the memory and
// so fail, run at once; others in pieces, from the end where copying from the start
// would overwrite bytes that are still to be copied.
func (t *meter) addPieces(helper int) {
	operation := []byte{opPrefixMisc, miscMemoryFill, 0}
	if helper == copyPieces {
		operation = []byte{opPrefixMisc, miscMemoryCopy, 0, 0}
	}
	code := []byte{1, 1, TypeI32} // a local
	code = append(code, opLocalGet, pieceCount)
	code = appendSigned(append(code, opI32Const), PieceBytes)
	code = append(code, opI32LessEqU)
	code = beyond(code, pieceTo)
	if helper == copyPieces {
		code = beyond(code, pieceFrom)
	}
	code = append(code, opIf, blockVoid, opLocalGet, pieceTo, opLocalGet, pieceFrom, opLocalGet, pieceCount)
	code = append(t.help(code, chargeBytes), operation...)
	code = append(code, opReturn, opEnd)
	if helper == copyPieces { // from the end
		code = append(code, opLocalGet, pieceFrom, opLocalGet, pieceTo, opI32LessU, opIf, blockVoid)
		code = t.pieces(code, operation, false, true)
		code = append(code, opReturn, opEnd)
	}
	code = append(t.pieces(code, operation, true, helper == copyPieces), opEnd)
	t.addFunction(FuncType{Params: []byte{TypeI32, TypeI32, TypeI32}}, code)
}

// beyond adds, with or, whether the bytes that begin at a local end beyond the memory.
func beyond(code []byte, at byte) []byte {
	code = append(code, opLocalGet, at, opI64ExtendU, opLocalGet, pieceCount, opI64ExtendU, opI64Add)
	return append(append(code, memoryBytes...), opI64GreaterU, opI32Or)
}

// pieces writes a loop over the pieces, upwards or downwards.
func (t *meter) pieces(code, operation []byte, up, moves bool) []byte {
	code = append(code, opLoop, blockVoid)
	// left = count > PieceBytes ? PieceBytes : count
	code = appendSigned(append(code, opI32Const), PieceBytes)
	code = append(code, opLocalGet, pieceCount, opLocalGet, pieceCount)
	code = appendSigned(append(code, opI32Const), PieceBytes)
	code = append(code, opI32GreaterU, opSelect, opLocalSet, pieceLeft)
	code = append(code, opLocalGet, pieceCount, opLocalGet, pieceLeft, opI32Sub, opLocalSet, pieceCount)
	place := func(code []byte, local byte, moves bool) []byte {
		code = append(code, opLocalGet, local)
		if !up && moves {
			code = append(code, opLocalGet, pieceCount, opI32Add)
		}
		return code
	}
	code = place(code, pieceTo, true)
	code = place(code, pieceFrom, moves)
	code = append(code, opLocalGet, pieceLeft)
	code = append(t.help(code, chargeBytes), operation...)
	if up {
		code = append(code, opLocalGet, pieceTo, opLocalGet, pieceLeft, opI32Add, opLocalSet, pieceTo)
		if moves {
			code = append(code, opLocalGet, pieceFrom, opLocalGet, pieceLeft, opI32Add, opLocalSet, pieceFrom)
		}
	}
	return append(code, opLocalGet, pieceCount, opBrIf, 0, opEnd)
}

// countTable makes the host count the elements that a table is to grow by. The count
// is on the stack. Where the host refuses, it is replaced by -1, which no table can
// grow by.
func (t *meter) countTable(out []byte, table uint32) []byte {
	if !t.counts {
		return out
	}
	at := slices.Index(t.tables, table)
	if at < 0 {
		at = len(t.tables)
		t.tables = append(t.tables, table)
	}
	return appendU32(append(out, opCall), t.helpers[helperCount-1]+1+uint32(at))
}

// addTable appends the helper of a table: it asks the host if the table can grow so
// far.
func (t *meter) addTable(table uint32) {
	code := appendU32([]byte{0, opPrefixMisc, miscTableSize}, table)
	code = append(code, opI64ExtendU, opLocalGet, 0, opI64ExtendU, opI64Add)
	code = appendSigned(append(code, opI64Const), t.module.maxElements(table))
	code = append(code, opI64LessEqU, opIf, TypeI32, opLocalGet, 0, opCall)
	code = appendU32(code, t.table)
	code = append(code, opElse, opLocalGet, 0, opEnd, opEnd)
	t.addFunction(FuncType{Params: []byte{TypeI32}, Results: []byte{TypeI32}}, code)
}

// maxElements returns how many elements a table can have.
func (m *module) maxElements(table uint32) int64 {
	var limits []Limits
	for _, i := range m.imports {
		if i.Kind == KindTable {
			limits = append(limits, i.Limits)
		}
	}
	for _, own := range m.tables {
		limits = append(limits, own.limits)
	}
	if l := limits[table]; l.HasMax {
		return int64(l.Max)
	}
	return 1<<32 - 1
}
