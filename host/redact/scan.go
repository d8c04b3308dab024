package redact

import (
	"bytes"
	"cmp"
	"slices"
	"sync"
)

const (
	// chunkBytes of the input are looked through at once, with overlapBytes of what
	// follows: more than a part of a value fills in any form.
	chunkBytes   = 64 << 10
	overlapBytes = 8 << 10

	// maxLayers is how many forms are looked for within each other.
	maxLayers = 2
)

// view is the input, or what one of its forms stands for. When places are kept, it
// has the place in the input of each byte; a view of the input itself has none.
type view struct {
	data   []byte
	places []span
	placed bool

	base64, hex []span // runs of digits; see survey
}

// span is the bytes from to to of the input, to left out.
type span struct{ from, to int32 }

func (v *view) reset(placed bool) { v.data, v.places, v.placed = v.data[:0], v.places[:0], placed }

// put adds a byte that stands for the bytes i to j of in.
func (v *view) put(b byte, in *view, i, j int) {
	v.data = append(v.data, b)
	if v.placed {
		v.places = append(v.places, in.place(i, j))
	}
}

// place returns the place in the input of the bytes i to j, j left out.
func (v *view) place(i, j int) span {
	if v.places == nil {
		return span{int32(i), int32(j)}
	}
	return span{v.places[i].from, v.places[j-1].to}
}

// scan is one look through one input. It belongs to one goroutine.
//
// Most inputs give nothing away. So each chunk is first looked through without
// places, until something is found, and only then with them.
type scan struct {
	*Redactor
	placing bool
	hit     bool // something was found without places
	offset  int  // of the chunk in the input
	found   []Match
	first   view // of the chunk
	views   [maxLayers]view
}

// scans are used again for the room in their views.
var scans = sync.Pool{New: func() any { return &scan{} }}

// find returns the matches in text, in order and without overlaps.
func (r *Redactor) find(text []byte) []Match {
	s := scans.Get().(*scan)
	defer scans.Put(s)
	s.Redactor, s.found = r, nil
	for at := 0; ; at += chunkBytes {
		end := min(len(text), at+chunkBytes+overlapBytes)
		s.offset = at
		s.lookTwice(text[at:end])
		if end == len(text) {
			break
		}
	}
	s.Redactor, s.first = nil, view{base64: s.first.base64, hex: s.first.hex}
	found := s.found
	s.found = nil
	return r.merge(found, text)
}

func (s *scan) lookTwice(chunk []byte) {
	s.placing, s.hit = false, false
	s.look(s.chunk(chunk), 0)
	if s.hit {
		s.placing = true
		s.look(s.chunk(chunk), 0)
	}
}

// chunk returns the view of text as it is, without carriage returns.
func (s *scan) chunk(text []byte) *view {
	s.first = view{data: text, base64: s.first.base64, hex: s.first.hex}
	if bytes.IndexByte(text, '\r') < 0 {
		return &s.first
	}
	as := s.first
	s.first = view{placed: s.placing, base64: as.base64, hex: as.hex}
	for i, b := range text {
		if b != '\r' {
			s.first.put(b, &as, i, i+1)
		}
	}
	return &s.first
}

// look looks through a view, and through the forms in it.
func (s *scan) look(v *view, layer int) {
	if len(v.data) < s.least {
		return
	}
	s.matchWindows(v)
	s.matchWholes(v)
	if layer == maxLayers {
		return
	}
	next := &s.views[layer]
	traits := v.survey(s.least)
	for i := range decoders {
		if traits&decoders[i].form == 0 {
			continue
		}
		if s.hit && !s.placing {
			return
		}
		next.reset(s.placing)
		if decoders[i].decode(next, v, s.least) {
			s.look(next, layer+1)
		}
		clear(next.data)
	}
}

// matchWindows finds runs of known windows, of which one gives the value away.
func (s *scan) matchWindows(v *view) {
	t := &s.windows
	if t.count == 0 {
		return
	}
	var key uint64
	from, to, secret, sign := 0, 0, 0, false
	end := func() {
		if sign {
			s.note(v, from, to, secret)
		}
		sign = false
	}
	for i, b := range v.data {
		key = key<<8 | uint64(fold[b])
		h := hash(key)
		if t.filter[h>>t.narrow>>6]>>(h>>t.narrow&63)&1 == 0 || i < windowBytes-1 {
			continue
		}
		w, known := t.look(key, h)
		if !known {
			continue
		}
		if i-windowBytes+1 >= to {
			end()
			from = i - windowBytes + 1
		}
		if w.sign && (!sign || int(w.secret) < secret) {
			sign, secret = true, int(w.secret)
		}
		to = i + 1
	}
	end()
}

func (s *scan) matchWholes(v *view) {
	for i := range s.wholes {
		w := &s.wholes[i]
		for at := 0; ; {
			next := bytes.Index(v.data[at:], w.value)
			if next < 0 {
				break
			}
			at += next
			s.note(v, at, at+len(w.value), w.secret)
			at += len(w.value)
		}
	}
}

func (s *scan) note(v *view, i, j, secret int) {
	if !s.placing {
		s.hit = true
		return
	}
	place := v.place(i, j)
	s.found = append(s.found, Match{From: s.offset + int(place.from), To: s.offset + int(place.to), secret: secret})
}

// merge returns what was found in order, with what overlaps in one. It has the
// name of the secret whose whole value it is, or else of the longest one.
func (r *Redactor) merge(found []Match, text []byte) []Match {
	slices.SortFunc(found, func(a, b Match) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(b.To, a.To)) })
	merged := found[:0]
	for _, m := range found {
		if n := len(merged); n > 0 && m.From < merged[n-1].To {
			last := &merged[n-1]
			last.To, last.secret = max(last.To, m.To), min(last.secret, m.secret)
			continue
		}
		merged = append(merged, m)
	}
	for i := range merged {
		m := &merged[i]
		if exact, is := r.exact[folded(string(text[m.From:m.To]))]; is {
			m.secret = exact
		}
		m.Name = r.names[m.secret]
	}
	return merged
}
