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
		r.fail(collected.found("type form 0x%02x", form))
	}
	return FuncType{Params: r.valueTypes(), Results: r.valueTypes()}
}

// valueTypes reads a vector of types. Other features have longer ones.
func (r *reader) valueTypes() []byte {
	types := r.bytes(r.u32())
	for _, t := range types {
		if err := unknownType(t); err != nil {
			r.fail(err)
			break
		}
	}
	return types
}

// unknownType returns the feature that a type belongs to as an error, nil for a
// supported type.
func unknownType(t byte) error {
	switch t {
	case TypeI32, TypeI64, TypeF32, TypeF64, TypeV128, TypeFuncref, TypeExternref:
		return nil
	case 0x69, 0x74:
		return exceptions.found("type 0x%02x", t)
	case 0x63, 0x64, 0x68, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x71, 0x72, 0x73:
		return collected.found("type 0x%02x", t)
	}
	return fmt.Errorf("unknown type 0x%02x", t)
}

func (r *reader) limits() Limits {
	var l Limits
	switch flag := r.byte(); flag {
	case 0:
		l.Min = r.u32()
	case 1:
		l.Min, l.Max, l.HasMax = r.u32(), r.u32(), true
	default:
		r.fail(unknownLimits(flag))
	}
	return l
}

// unknownLimits returns the feature that a flag of limits stands for as an error.
func unknownLimits(flag byte) error {
	switch {
	case flag&4 != 0 && flag < 16:
		return memory64.found("limits flag 0x%02x", flag)
	case flag&8 != 0:
		return pageSizes.found("limits flag 0x%02x", flag)
	case flag == 2 || flag == 3:
		return threads.found("limits flag 0x%02x", flag)
	}
	return fmt.Errorf("unknown limits flag 0x%02x", flag)
}

// kindTag is the kind of imported and exported exceptions.
const kindTag = 4

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
	case kindTag:
		r.fail(exceptions.found("it imports the tag %q.%q", i.Module, i.Name))
	default:
		r.fail(fmt.Errorf("import %q.%q: unknown kind 0x%02x", i.Module, i.Name, i.Kind))
	}
	return i
}

func (r *reader) export() Export {
	return Export{Name: r.name(), Kind: r.byte(), Index: r.u32()}
}
