package frames

// place is a position in a file.
type place struct{ line, column int }

// place returns where in its file an instruction of code is: pc counts from its
// first.
func (h *heap) place(code, pc uint32) place {
	here := place{int(h.at(code + codeLine)), int(h.at(code + codeColumn))}
	size := h.at(code + codeLinesSize)
	h.reads -= int(size)
	if h.reads < 0 {
		return here
	}
	lines := numbers(h.bytes(h.at(code+codeLines), size))
	for reached := uint32(0); len(lines) > 0; {
		next, op := here, uint32(lines[0])
		lines = lines[1:]
		if op == 0 {
			reached += lines.next()
			next.line += lines.signed()
		} else {
			reached += (op - 1) / 5
			next.line += int((op-1)%5) - 1
		}
		next.column += lines.signed()
		if pc < reached {
			break
		}
		here = next
	}
	return here
}

// numbers are read seven bits a byte.
type numbers []byte

func (n *numbers) next() (value uint32) {
	for shift := 0; len(*n) > 0 && shift < 35; shift += 7 {
		b := (*n)[0]
		*n = (*n)[1:]
		value |= uint32(b&0x7f) << shift
		if b < 0x80 {
			break
		}
	}
	return value
}

func (n *numbers) signed() int {
	value := n.next()
	return int(int32(value>>1) ^ -int32(value&1))
}
