package author

import (
	"compress/gzip"
	"encoding/binary"
	"io"

	"github.com/usherhost/usher/host/sandbox"
)

// writePprof writes a profile as pprof reads it: gzipped, in the format of
// github.com/google/pprof/proto/profile.proto, with fuel as what is measured.
func writePprof(w io.Writer, used []sandbox.FunctionFuel) error {
	p := pprofProfile{strings: map[string]uint64{}, functions: map[string]uint64{}}
	p.text("") // string 0 is the empty string
	p.valueType(1, "calls", "count")
	p.valueType(1, "fuel", "units")
	for _, f := range used {
		p.sample(f)
	}
	for _, name := range p.names {
		p.function(name)
	}
	p.valueType(11, "fuel", "units")
	p.out = appendNumber(p.out, 12, 1)
	p.out = appendNumber(p.out, 14, p.text("fuel"))
	for _, text := range p.table {
		p.out = appendBytes(p.out, 6, []byte(text))
	}
	z := gzip.NewWriter(w)
	if _, err := z.Write(p.out); err != nil {
		return err
	}
	return z.Close()
}

// pprofProfile is a profile message that is being written. Strings are named by
// their index in a table, and a function has one location with its own id.
type pprofProfile struct {
	out       []byte
	table     []string
	strings   map[string]uint64
	names     []string // of functions, in order of id
	functions map[string]uint64
}

func (p *pprofProfile) text(s string) uint64 {
	at, known := p.strings[s]
	if !known {
		at = uint64(len(p.table))
		p.strings[s] = at
		p.table = append(p.table, s)
	}
	return at
}

func (p *pprofProfile) id(function string) uint64 {
	id, known := p.functions[function]
	if !known {
		p.names = append(p.names, function)
		id = uint64(len(p.names))
		p.functions[function] = id
	}
	return id
}

func (p *pprofProfile) valueType(field int, name, unit string) {
	p.out = appendBytes(p.out, field, appendNumber(appendNumber(nil, 1, p.text(name)), 2, p.text(unit)))
}

func (p *pprofProfile) sample(f sandbox.FunctionFuel) {
	var sample []byte
	for _, name := range f.Stack {
		sample = appendNumber(sample, 1, p.id(name))
	}
	sample = appendNumber(sample, 2, uint64(f.Calls))
	sample = appendNumber(sample, 2, uint64(f.Fuel))
	if f.Initial {
		label := appendNumber(appendNumber(nil, 1, p.text("phase")), 2, p.text("initialisation"))
		sample = appendBytes(sample, 3, label)
	}
	p.out = appendBytes(p.out, 2, sample)
}

func (p *pprofProfile) function(name string) {
	id, text := p.functions[name], p.text(name)
	line := appendNumber(nil, 1, id)
	p.out = appendBytes(p.out, 4, appendBytes(appendNumber(nil, 1, id), 4, line))
	p.out = appendBytes(p.out, 5, appendNumber(appendNumber(appendNumber(nil, 1, id), 2, text), 3, text))
}

// appendNumber and appendBytes append a field of a protocol buffer.
func appendNumber(out []byte, field int, value uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(out, uint64(field)<<3), value)
}

func appendBytes(out []byte, field int, value []byte) []byte {
	out = binary.AppendUvarint(out, uint64(field)<<3|2)
	return append(binary.AppendUvarint(out, uint64(len(value))), value...)
}
