package redact

import "math/bits"

// table holds every eight bytes in a row of values, folded. Eight bytes are one
// number, so that a look-up is exact, and looking at the next eight is one shift.
type table struct {
	count   int
	entries map[uint64]window // while values are added
	slots   []slot            // open addressing; a power of two, at most half full
	shift   int
	filter  []uint64 // one bit for each of many hashes: most text ends here
	narrow  int
}

// window is what eight bytes stand for.
type window struct {
	secret int32
	sign   bool // they give the value away by themselves
}

type slot struct {
	key  uint64
	used bool
	window
}

// fold maps letters to lower case, and the "+" of a form to its blank.
var fold = func() (t [256]byte) {
	for i := range t {
		t[i] = byte(i)
	}
	for c := 'A'; c <= 'Z'; c++ {
		t[c] = byte(c) + 'a' - 'A'
	}
	t['+'] = ' '
	return t
}()

func folded(s string) string {
	b := []byte(s)
	for i := range b {
		b[i] = fold[b[i]]
	}
	return string(b)
}

// add adds a folded value's windows and reports whether one gives it away.
func (t *table) add(value string, public []bool, secret int) bool {
	signs := false
	for i := 0; i+windowBytes <= len(value); i++ {
		if signs = isSign(value[i:i+windowBytes], public[i:i+windowBytes]); signs {
			break
		}
	}
	if !signs {
		return false
	}
	if t.entries == nil {
		t.entries = map[uint64]window{}
	}
	for i := 0; i+windowBytes <= len(value); i++ {
		text, p := value[i:i+windowBytes], public[i:i+windowBytes]
		key := number(text)
		w, found := t.entries[key]
		if !found {
			w.secret = int32(secret)
		}
		if !w.sign && isSign(text, p) {
			w = window{int32(secret), true}
		}
		t.entries[key] = w
	}
	t.count = len(t.entries)
	return true
}

func isSign(text string, public []bool) bool {
	uniform := true
	for i := range public {
		if public[i] {
			return false
		}
		uniform = uniform && text[i] == text[0]
	}
	return !uniform
}

func number(text string) (n uint64) {
	for i := range len(text) {
		n = n<<8 | uint64(text[i])
	}
	return n
}

// seal makes the table ready for look-ups.
func (t *table) seal() {
	if t.count == 0 {
		return
	}
	width := bits.Len(uint(2*t.count - 1))
	t.slots, t.shift = make([]slot, 1<<width), 64-width
	const filterBits = 4 // of room for each entry, as a power of two
	t.narrow = 64 - max(width+filterBits, 6)
	t.filter = make([]uint64, 1<<(64-t.narrow-6))
	for key, w := range t.entries {
		h := hash(key)
		t.filter[h>>t.narrow>>6] |= 1 << (h >> t.narrow & 63)
		at := h >> t.shift
		for t.slots[at].used {
			at = (at + 1) & uint64(len(t.slots)-1)
		}
		t.slots[at] = slot{key, true, w}
	}
	t.entries = nil
}

// hash is Fibonacci hashing; its high bits count.
func hash(key uint64) uint64 { return key * 0x9e3779b97f4a7c15 }

// look returns what eight bytes stand for.
func (t *table) look(key, h uint64) (window, bool) {
	for at := h >> t.shift; t.slots[at].used; at = (at + 1) & uint64(len(t.slots)-1) {
		if t.slots[at].key == key {
			return t.slots[at].window, true
		}
	}
	return window{}, false
}
