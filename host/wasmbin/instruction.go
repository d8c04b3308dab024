package wasmbin

// The opcodes that the package distinguishes by name.
const (
	opUnreachable   = 0x00
	opNop           = 0x01
	opBlock         = 0x02
	opLoop          = 0x03
	opIf            = 0x04
	opElse          = 0x05
	opEnd           = 0x0b
	opBr            = 0x0c
	opBrIf          = 0x0d
	opBrTable       = 0x0e
	opReturn        = 0x0f
	opCall          = 0x10
	opCallIndirect  = 0x11
	opReturnCall    = 0x12
	opSelectType    = 0x1c
	opLocalGet      = 0x20
	opLocalSet      = 0x21
	opLocalTee      = 0x22
	opGlobalGet     = 0x23
	opGlobalSet     = 0x24
	opTableGet      = 0x25
	opTableSet      = 0x26
	opLoad          = 0x28 // the first of the loads and stores
	opI32Store      = 0x36
	opMemorySize    = 0x3f
	opMemoryGrow    = 0x40
	opI32Const      = 0x41
	opI64Const      = 0x42
	opF32Const      = 0x43
	opF64Const      = 0x44
	opSelect        = 0x1b
	opI32Eqz        = 0x45
	opI32Eq         = 0x46
	opI32LessU      = 0x49
	opI32GreaterU   = 0x4b
	opI32LessEqU    = 0x4d
	opI64LessS      = 0x53
	opI64GreaterU   = 0x56
	opI64LessEqU    = 0x58
	opI64GreaterEqS = 0x59
	opI32Add        = 0x6a
	opI32Sub        = 0x6b
	opI32And        = 0x71
	opI32Or         = 0x72
	opI64Add        = 0x7c
	opI64Sub        = 0x7d
	opI64Mul        = 0x7e
	opI64ShiftL     = 0x86
	opI64ShiftRU    = 0x88
	opI64ExtendU    = 0xad
	opRefNull       = 0xd0
	opRefFunc       = 0xd2
	opPrefixMisc    = 0xfc
	opPrefixVector  = 0xfd
	opPrefixAtomic  = 0xfe

	blockVoid   = 0x40
	vectorConst = 0x0c
)

// The instructions behind opPrefixMisc that touch memory, tables or segments.
const (
	miscMemoryInit = 8 + iota
	miscDataDrop
	miscMemoryCopy
	miscMemoryFill
	miscTableInit
	miscElemDrop
	miscTableCopy
	miscTableGrow
	miscTableSize
	miscTableFill
)

// shape describes the bytes after an opcode.
type shape byte

const (
	unknown shape = iota
	plain
	block    // a block type
	depth    // a label
	targets  // br_table
	function // a function index
	indirect // a type and a table
	local
	globalIndex
	tableIndex
	access // alignment and offset
	zero   // a memory index, which is 0
	int32s
	int64s
	bytes4
	bytes8
	types // select's
	reference
	prefixed
)

// shapes holds the shape of every opcode of one byte in WebAssembly 2.0.
var shapes = makeShapes()

func makeShapes() (t [256]shape) {
	fill := func(s shape, from, to int) {
		for op := from; op <= to; op++ {
			t[op] = s
		}
	}
	fill(plain, opUnreachable, opNop)
	fill(block, opBlock, opIf)
	fill(plain, opElse, opElse)
	fill(plain, opEnd, opEnd)
	fill(depth, opBr, opBrIf)
	fill(targets, opBrTable, opBrTable)
	fill(plain, opReturn, opReturn)
	fill(function, opCall, opCall)
	fill(indirect, opCallIndirect, opCallIndirect)
	fill(plain, 0x1a, 0x1b) // drop, select
	fill(types, opSelectType, opSelectType)
	fill(local, opLocalGet, 0x22)
	fill(globalIndex, opGlobalGet, opGlobalSet)
	fill(tableIndex, opTableGet, opTableSet)
	fill(access, opLoad, 0x3e)
	fill(zero, opMemorySize, opMemoryGrow)
	t[opI32Const], t[opI64Const], t[opF32Const], t[opF64Const] = int32s, int64s, bytes4, bytes8
	fill(plain, 0x45, 0xc4) // comparison, arithmetic, conversion, sign extension
	t[opRefNull], t[0xd1], t[opRefFunc] = reference, plain, function
	fill(prefixed, opPrefixMisc, opPrefixVector)
	return t
}

// vectorImmediates returns how many lane bytes follow a vector instruction,
// whether alignment and offset come before them, and whether it exists.
func vectorImmediates(op uint32) (lanes uint32, memory, known bool) {
	switch {
	case op <= 11, op == 92, op == 93:
		return 0, true, true
	case op == vectorConst, op == 13: // v128.const, i8x16.shuffle
		return 16, false, true
	case op >= 21 && op <= 34: // extract_lane, replace_lane
		return 1, false, true
	case op >= 84 && op <= 91: // load and store of a lane
		return 1, true, true
	case op > 255:
		return 0, false, false
	}
	switch op {
	case 0x9a, 0xa2, 0xa5, 0xa6, 0xaf, 0xb0, 0xb2, 0xb3, 0xb4, 0xbb, 0xc2, 0xc5, 0xc6, 0xcf, 0xd0, 0xd2, 0xd3, 0xd4, 0xe2, 0xee:
		return 0, false, false
	}
	return 0, false, true
}
