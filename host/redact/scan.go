package redact

import (
	"bytes"
	"cmp"
	"slices"
	"sync"
)

const (
	// chunkBytes of a text are looked through at once, with overlapBytes of what
	// follows: more than a part of a value fills in any form.
	chunkBytes   = 64 << 10
	overlapBytes = 8 << 10

	// maxLayers is how many forms are looked for within each other.
	maxLayers = 2
)

// view is a text, or what one of its forms stands for, with the place in the
// text of each byte. Without places, the text is its own view.
type view struct {
	data     []byte
	from, to []int32
}

func (v *view) reset() { v.data, v.from, v.to = v.data[:0], v.from[:0], v.to[:0] }

// put adds a byte that stands for the bytes from to to of the text.
func (v *view) put(b byte, from, to int32) {
	v.data, v.from, v.to = append(v.data, b), append(v.from, from), append(v.to, to)
}

// place returns the place in the text of the bytes i to j, j left out.
func (v *view) place(i, j int) (from, to int32) {
	if v.from == nil {
		return int32(i), int32(j)
	}
	return v.from[i], v.to[j-1]
}

// scan is one look through a text. It belongs to one goroutine.
type scan struct {
	*Redactor
	offset int // of the chunk in the text
	found  []Match
	views  [maxLayers + 1]view
}

// scans are used again for the room in their views.
var scans = sync.Pool{New: func() any { return &scan{} }}

// find returns the matches in text, in order and apart.
func (r *Redactor) find(text []byte) []Match {
	s := scans.Get().(*scan)
	defer scans.Put(s)
	s.Redactor, s.found = r, nil
	for at := 0; ; at += chunkBytes {
		end := min(len(text), at+chunkBytes+overlapBytes)
		s.offset = at
		s.look(chunk(&s.views[0], text[at:end]), 0)
		if end == len(text) {
			break
		}
	}
	s.Redactor = nil
	return s.merge(r, text)
}

// chunk returns the view of a text as it is, without carriage returns.
func chunk(v *view, text []byte) *view {
	if bytes.IndexByte(text, '\r') < 0 {
		return &view{data: text}
	}
	v.reset()
	for i, b := range text {
		if b != '\r' {
			v.put(b, int32(i), int32(i+1))
		}
	}
	return v
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
	next := &s.views[layer+1]
	traits := traitsOf(v.data, s.least)
	for i := range decoders {
		if traits&decoders[i].form == 0 {
			continue
		}
		next.reset()
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
	from, to := v.place(i, j)
	s.found = append(s.found, Match{From: s.offset + int(from), To: s.offset + int(to), secret: secret})
}

// merge returns what was found in order, with what overlaps in one. It bears the
// name of the secret whose whole value it is, or else of the longest one.
func (s *scan) merge(r *Redactor, text []byte) []Match {
	found := s.found
	s.found = nil
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
