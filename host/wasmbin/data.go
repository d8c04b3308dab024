package wasmbin

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
)

// nearBytes is the longest run of zeros that is written out to join two data
// segments: it costs less than one more segment at instantiation.
const nearBytes = 64

// place is an active segment with a known offset.
type place struct {
	from, to uint64
	bytes    []byte
}

// mergeData joins active segments that lie near one another. It leaves the
// data as it is when the code refers to segments by number, or when the
// segments overlap, don't fit the memory or have offsets that are not constant.
func (m *module) mergeData(f *Facts) {
	places, ok := m.places(f)
	if !ok {
		return
	}
	m.setData(joinPlaces(places))
}

func (m *module) places(f *Facts) ([]place, bool) {
	if f.PassiveSegments || len(m.memories) == 0 || len(m.data) < 2 {
		return nil, false
	}
	places := make([]place, 0, len(m.data))
	for _, s := range m.data {
		if s.flags == 1 {
			continue // nothing uses it
		}
		if s.offset.op != opI32Const {
			return nil, false
		}
		r := &reader{data: s.offset.raw, at: 1}
		from := uint64(uint32(r.signed(32)))
		places = append(places, place{from, from + uint64(len(s.bytes)), s.bytes})
	}
	slices.SortStableFunc(places, func(a, b place) int { return cmp.Compare(a.from, b.from) })
	for i, p := range places {
		if p.to > uint64(m.memories[0].Min)*PageBytes || i > 0 && p.from < places[i-1].to {
			return nil, false
		}
	}
	return places, true
}

func joinPlaces(places []place) []place {
	var joined []place
	for i := 0; i < len(places); {
		j := i + 1
		for j < len(places) && places[j].from-places[j-1].to <= nearBytes {
			j++
		}
		joined = append(joined, joinRun(places[i:j]))
		i = j
	}
	return joined
}

// joinRun writes a run of places as one, with zeros between them.
func joinRun(run []place) place {
	if len(run) == 1 {
		return run[0]
	}
	from, to := run[0].from, run[len(run)-1].to
	all := place{from, to, make([]byte, to-from)}
	for _, p := range run {
		copy(all.bytes[p.from-from:], p.bytes)
	}
	return all
}

func (m *module) setData(places []place) {
	m.data = make([]segment, len(places))
	for i, p := range places {
		m.data[i] = segment{offset: int32Constant(int64(int32(p.from))), bytes: p.bytes}
	}
	m.present[SectionData] = len(m.data) > 0
	m.present[SectionDataCount] = m.present[SectionDataCount] && len(m.data) > 0
	m.dataCount = uint32(len(m.data))
}

func int32Constant(v int64) constant {
	return constant{op: opI32Const, raw: appendSigned([]byte{opI32Const}, v)}
}

// setState gives the module the state s to begin with.
func (m *module) setState(s *State, f *Facts) error {
	if why := f.Obstacles(); len(why) > 0 {
		return fmt.Errorf("the module can't begin with a given state: %s", why[0])
	}
	if err := m.setPages(s); err != nil {
		return err
	}
	m.present[SectionStart] = false
	for index, bits := range s.Globals {
		own := int64(index) - int64(m.imported[KindGlobal])
		if own < 0 || own >= int64(len(m.globals)) || !m.globals[own].mutable {
			return fmt.Errorf("the module has no own mutable global %d", index)
		}
		m.globals[own].init = number(m.globals[own].valueType, bits)
	}
	return nil
}

func (m *module) setPages(s *State) error {
	if len(m.memories) == 0 {
		if s.Pages > 0 || len(s.Memory) > 0 {
			return fmt.Errorf("the module has no memory for %d pages", s.Pages)
		}
		m.setData(nil)
		return nil
	}
	l := &m.memories[0]
	if s.Pages < l.Min || l.HasMax && s.Pages > l.Max || uint64(len(s.Memory)) > uint64(s.Pages)*PageBytes {
		return fmt.Errorf("a memory of %d pages with %d bytes does not fit limits %+v", s.Pages, len(s.Memory), *l)
	}
	l.Min = s.Pages
	if s.Grown {
		l.Min = min(s.Pages, 1)
	}
	m.setData(imagePlaces(s.Memory))
	return nil
}

// number is the constant of a numeric type with the given bits.
func number(valueType byte, bits uint64) constant {
	switch valueType {
	case TypeI32:
		return int32Constant(int64(int32(bits)))
	case TypeI64:
		return constant{op: opI64Const, raw: appendSigned([]byte{opI64Const}, int64(bits))}
	case TypeF32:
		raw := []byte{opF32Const, byte(bits), byte(bits >> 8), byte(bits >> 16), byte(bits >> 24)}
		return constant{op: opF32Const, raw: raw}
	default:
		raw := []byte{opF64Const}
		for shift := 0; shift < 64; shift += 8 {
			raw = append(raw, byte(bits>>shift))
		}
		return constant{op: opF64Const, raw: raw}
	}
}

var zeros [nearBytes]byte

// imagePlaces cuts a memory image into segments, leaving long runs of zeros out.
func imagePlaces(image []byte) (places []place) {
	for at := 0; at < len(image); at += nearBytes {
		end := min(at+nearBytes, len(image))
		if bytes.Equal(image[at:end], zeros[:end-at]) {
			continue
		}
		if last := len(places) - 1; last >= 0 && places[last].to == uint64(at) {
			places[last].to, places[last].bytes = uint64(end), image[places[last].from:end]
			continue
		}
		places = append(places, place{uint64(at), uint64(end), image[at:end]})
	}
	return places
}
