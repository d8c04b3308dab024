package author

import (
	"compress/gzip"
	"encoding/binary"
	"io"
)

// pprofSample is what was used with one stack, the innermost call first.
type pprofSample struct {
	stack   []frame
	calls   int64
	fuel    int64
	initial bool // before the run's entry
}

// writePprof writes a profile as pprof reads it: gzipped, in the format of
// github.com/google/pprof/proto/profile.proto, with fuel as what is measured, besides
// a count of calls or samples.
func writePprof(w io.Writer, counted string, samples []pprofSample) error {
	p := pprofProfile{strings: map[string]uint64{}, functions: map[frame]uint64{}, locations: map[frame]uint64{}}
	p.text("") // string 0 is the empty string
	p.valueType(1, counted, "count")
	p.valueType(1, "fuel", "units")
	for _, s := range samples {
		p.sample(s)
	}
	for _, f := range p.places {
		p.location(f)
	}
	for _, f := range p.named {
		p.function(f)
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
// their index in a table, functions and locations (lines of them) by their ids.
type pprofProfile struct {
	out       []byte
	table     []string
	strings   map[string]uint64
	named     []frame // the functions, in order of id
	functions map[frame]uint64
	places    []frame // the locations, in order of id
	locations map[frame]uint64
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

// idOf returns the id of f, which it adds to list when ids has none.
func idOf(ids map[frame]uint64, list *[]frame, f frame) uint64 {
	id, known := ids[f]
	if !known {
		*list = append(*list, f)
		id = uint64(len(*list))
		ids[f] = id
	}
	return id
}

func (p *pprofProfile) valueType(field int, name, unit string) {
	p.out = appendBytes(p.out, field, appendNumber(appendNumber(nil, 1, p.text(name)), 2, p.text(unit)))
}

func (p *pprofProfile) sample(s pprofSample) {
	var sample []byte
	for _, f := range s.stack {
		sample = appendNumber(sample, 1, idOf(p.locations, &p.places, f))
	}
	sample = appendNumber(sample, 2, uint64(s.calls))
	sample = appendNumber(sample, 2, uint64(s.fuel))
	if s.initial {
		label := appendNumber(appendNumber(nil, 1, p.text("phase")), 2, p.text("initialisation"))
		sample = appendBytes(sample, 3, label)
	}
	p.out = appendBytes(p.out, 2, sample)
}

func (p *pprofProfile) location(f frame) {
	function := idOf(p.functions, &p.named, frame{function: f.function, file: f.file})
	line := appendNumber(nil, 1, function)
	if f.line > 0 {
		line = appendNumber(line, 2, uint64(f.line))
	}
	p.out = appendBytes(p.out, 4, appendBytes(appendNumber(nil, 1, p.locations[f]), 4, line))
}

func (p *pprofProfile) function(f frame) {
	name := p.text(f.function)
	function := appendNumber(appendNumber(appendNumber(nil, 1, p.functions[f]), 2, name), 3, name)
	if f.file != "" {
		function = appendNumber(function, 4, p.text(f.file))
	}
	p.out = appendBytes(p.out, 5, function)
}

// appendNumber and appendBytes append a field of a protocol buffer.
func appendNumber(out []byte, field int, value uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(out, uint64(field)<<3), value)
}

func appendBytes(out []byte, field int, value []byte) []byte {
	out = binary.AppendUvarint(out, uint64(field)<<3|2)
	return append(binary.AppendUvarint(out, uint64(len(value))), value...)
}
