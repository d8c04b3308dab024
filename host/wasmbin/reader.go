package wasmbin

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

var errTruncated = errors.New("the module is truncated")

// reader reads the primitives of the format. After its first error it returns
// zeros.
type reader struct {
	data []byte
	at   int
	err  error
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *reader) byte() byte {
	if r.err != nil || r.at >= len(r.data) {
		r.fail(errTruncated)
		return 0
	}
	b := r.data[r.at]
	r.at++
	return b
}

// u32 reads an unsigned LEB128 of at most 32 bits.
func (r *reader) u32() uint32 {
	var value uint32
	for shift := 0; shift < 35; shift += 7 {
		b := r.byte()
		if shift == 28 && b > 0x0f {
			break
		}
		value |= uint32(b&0x7f) << shift
		if b < 0x80 {
			return value
		}
	}
	r.fail(errors.New("an integer is too large"))
	return 0
}

// signed reads a signed LEB128 of at most bits bits.
func (r *reader) signed(bits int) int64 {
	var value int64
	for shift := 0; shift < bits; shift += 7 {
		b := r.byte()
		value |= int64(b&0x7f) << shift
		if b >= 0x80 {
			continue
		}
		if rest := bits - shift; rest < 7 {
			if sign := int8(b<<1) >> rest; sign != 0 && sign != -1 {
				break
			}
		}
		if shift+7 < 64 {
			value = value << (57 - shift) >> (57 - shift)
		}
		return value
	}
	r.fail(errors.New("an integer is too large"))
	return 0
}

func (r *reader) bytes(n uint32) []byte {
	if r.err != nil || int64(n) > int64(len(r.data)-r.at) {
		r.fail(errTruncated)
		return nil
	}
	b := r.data[r.at : r.at+int(n)]
	r.at += int(n)
	return b
}

func (r *reader) name() string { return string(r.text()) }

// text reads a name without copying it.
func (r *reader) text() []byte {
	b := r.bytes(r.u32())
	if !utf8.Valid(b) {
		r.fail(errors.New("a name is not UTF-8"))
		return nil
	}
	return b
}

// vector reads a count and that many entries of at least minBytes each.
func vector[T any](r *reader, minBytes int, entry func(*reader) T) []T {
	count := int(r.u32())
	if r.err != nil || count > (len(r.data)-r.at)/minBytes {
		r.fail(errTruncated)
		return nil
	}
	out := make([]T, 0, count)
	for range count {
		out = append(out, entry(r))
		if r.err != nil {
			return nil
		}
	}
	return out
}

func (r *reader) funcType() FuncType {
	if form := r.byte(); form != 0x60 && r.err == nil {
		r.fail(fmt.Errorf("type form 0x%02x (garbage-collected types are not supported)", form))
	}
	return FuncType{Params: r.bytes(r.u32()), Results: r.bytes(r.u32())}
}

func (r *reader) limits() Limits {
	var l Limits
	switch flag := r.byte(); flag {
	case 0:
		l.Min = r.u32()
	case 1:
		l.Min, l.Max, l.HasMax = r.u32(), r.u32(), true
	default:
		r.fail(fmt.Errorf("limits flag 0x%02x (shared and 64-bit memories are not supported)", flag))
	}
	return l
}

func (r *reader) importEntry(types []FuncType) Import {
	i := Import{Module: r.name(), Name: r.name(), Kind: r.byte()}
	switch i.Kind {
	case KindFunction:
		i.typeIndex = r.u32()
		if int64(i.typeIndex) >= int64(len(types)) {
			r.fail(fmt.Errorf("import %q.%q: no type %d", i.Module, i.Name, i.typeIndex))
			return i
		}
		i.Type = types[i.typeIndex]
	case KindTable:
		i.ValueType = r.byte()
		i.Limits = r.limits()
	case KindMemory:
		i.Limits = r.limits()
	case KindGlobal:
		i.ValueType = r.byte()
		i.Mutable = r.byte() == 1
	default:
		r.fail(fmt.Errorf("import %q.%q: unknown kind 0x%02x", i.Module, i.Name, i.Kind))
	}
	return i
}

func (r *reader) export() Export {
	return Export{Name: r.name(), Kind: r.byte(), Index: r.u32()}
}
