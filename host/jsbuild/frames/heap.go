package frames

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
)

// Where the engine has what is read here. engine/glue/frames.c has the same numbers.
const (
	rtAtoms = 568 // array of the atoms' strings
	rtAtomN = 556 // its length
	rtAll   = 596 // list of all objects that the collector knows
	rtFrame = 660 // the frame that runs
	rtJobs  = 692 // list of the jobs

	objectClass = 10
	objectShape = 12
	objectProps = 16
	objectData  = 24

	shapeMask  = 16
	shapeCount = 24
	shapeTable = 40

	stringHash = 4 // the kind is in its upper bits
	stringData = 24

	frameFunction  = 8
	framePC        = 28
	frameConstruct = 37
	frameStack     = 40 // 0 while it runs

	codeBytes     = 12
	codeFile      = 56
	codeLine      = 60
	codeColumn    = 64
	codeLinesSize = 72
	codeLines     = 76

	asyncResolve = 8 // of an async function
	asyncActive  = 24
	asyncFrame   = 48

	generatorFrame = 24 // of an async generator
	generatorQueue = 72
	requestPromise = 24

	promiseThen     = 4 // lists of reactions
	promiseCatch    = 12
	reactionResolve = 8
	reactionHandler = 24

	jobCount = 16
	jobArgs  = 24

	dataCount = 5 // of a C function with data
	dataMagic = 6
	dataItems = 8
)

const (
	classBytecode               = 13
	classCData                  = 15
	classGeneratorFunction      = 17
	classPromise                = 52
	classResolve                = 53
	classAsyncFunction          = 55
	classAsyncResolve           = 56
	classAsyncGeneratorFunction = 59
	classAsyncGenerator         = 60
	typeAsyncFunction           = 4 // of the collector's
)

// heap is an engine's memory. What is outside of it reads as 0.
type heap struct {
	memory  []byte
	runtime uint32 // the engine's
	job     uint32 // the engine's job that runs; 0 when none does
	reads   int    // how many more are allowed: the memory may have rings, and lie about sizes
}

// maxReads is enough for all objects of a large heap, and takes some milliseconds.
const maxReads = 2_000_000

// anchor is at the bottom of the engine's memory, and is followed by the addresses of
// two pointers: to the engine's runtime, and to the job that runs.
var anchor = []byte("usher:js")

const anchorEnd = 16 << 10 // it begins before

// open returns the engine's heap, and false when the memory is of another module.
func open(memory []byte) (*heap, bool) {
	at := bytes.Index(memory[:min(len(memory), anchorEnd)], anchor)
	if at < 0 {
		return nil, false
	}
	h := &heap{memory: memory, reads: maxReads}
	h.runtime = h.at(h.at(uint32(at + len(anchor))))
	h.job = h.at(h.at(uint32(at + len(anchor) + 4)))
	return h, h.runtime != 0
}

func (h *heap) bytes(p, n uint32) []byte {
	if end := uint64(p) + uint64(n); p != 0 && end <= uint64(len(h.memory)) {
		return h.memory[p:end]
	}
	return nil
}

// at returns the word at p. When it was called too often it returns 0, which ends
// whatever is followed.
func (h *heap) at(p uint32) uint32 {
	if h.reads--; h.reads < 0 {
		return 0
	}
	if b := h.bytes(p, 4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (h *heap) short(p uint32) uint32 {
	if b := h.bytes(p, 2); b != nil {
		return uint32(binary.LittleEndian.Uint16(b))
	}
	return 0
}

func (h *heap) byte(p uint32) uint32 {
	if b := h.bytes(p, 1); b != nil {
		return uint32(b[0])
	}
	return 0
}

// The tags of values, in their upper 32 bits.
const (
	tagObject = 0xffffffff
	tagString = 0xfffffff9
)

// object returns the object that a value at p is, 0 when it is none.
func (h *heap) object(p uint32) uint32 {
	if h.at(p+4) == tagObject {
		return h.at(p)
	}
	return 0
}

func (h *heap) class(object uint32) uint32 { return h.short(object + objectClass) }

func (h *heap) data(object uint32) uint32 { return h.at(object + objectData) }

// instance returns the object of a class that a value at p is, 0 when it is none.
func (h *heap) instance(p, class uint32) uint32 {
	if o := h.object(p); o != 0 && h.class(o) == class {
		return o
	}
	return 0
}

// maxName bounds the names of functions and files, in characters.
const maxName = 256

// string returns a string of the engine's, cut when it is long.
func (h *heap) string(p uint32) string {
	size, kind := h.at(p), h.at(p+stringHash)>>28&3
	h.reads -= 20            // about what it takes
	if p == 0 || kind != 0 { // a slice of another string
		return ""
	}
	n := min(size&0x7fffffff, maxName)
	if size>>31 == 0 {
		latin := h.bytes(p+stringData, n)
		runes := make([]rune, len(latin))
		for i, b := range latin {
			runes[i] = rune(b)
		}
		return string(runes)
	}
	wide := h.bytes(p+stringData, 2*n)
	units := make([]uint16, len(wide)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(wide[2*i:])
	}
	return string(utf16.Decode(units))
}

// atom returns the string of an atom.
func (h *heap) atom(index uint32) string {
	if index == 0 || index>>31 != 0 || index >= h.at(h.runtime+rtAtomN) {
		return ""
	}
	return h.string(h.at(h.at(h.runtime+rtAtoms) + 4*index))
}

// name returns a function's own name. Functions have it among their first properties.
func (h *heap) name(function uint32) string {
	shape, values := h.at(function+objectShape), h.at(function+objectProps)
	properties := shape + shapeTable + 4*(h.at(shape+shapeMask)+1)
	for i := range min(h.at(shape+shapeCount), 4) {
		if h.atom(h.at(properties+8*i+4)) == "name" && h.at(values+8*i+4) == tagString {
			return h.string(h.at(values + 8*i))
		}
	}
	return ""
}
