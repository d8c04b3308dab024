package proto

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/proto/internal/ijson"
)

// foldedLevels is how many levels of an event have keys that no other key there
// may be taken for: the event's own, and those of the objects right in it. They
// are those of the user and those that the host adds.
const foldedLevels = 2

// fold makes one of all spellings of a key that some reader that ignores case
// takes for the same: encoding/json folds letters by Unicode's simple folds,
// others lower or raise them first, or fold one letter to several.
func fold(key string) string {
	for i := range len(key) {
		if key[i] >= 0x80 {
			return foldUnicode(key)
		}
	}
	return strings.ToLower(key)
}

func foldUnicode(key string) string {
	var out strings.Builder
	for _, r := range key {
		if letters, ok := severalLetters[r]; ok {
			out.WriteString(letters)
			continue
		}
		// Raised first: the long s and the dotless i become ASCII only that way.
		out.WriteRune(unicode.ToLower(unicode.ToUpper(r)))
	}
	return out.String()
}

// severalLetters are the letters whose full fold is several of ASCII.
var severalLetters = map[rune]string{
	'ß': "ss", 'ẞ': "ss", 'ﬀ': "ff", 'ﬁ': "fi", 'ﬂ': "fl", 'ﬃ': "ffi", 'ﬄ': "ffl", 'ﬅ': "st", 'ﬆ': "st",
}

// unknownKeys are the keys of one object that the contract doesn't name.
type unknownKeys struct {
	first  string            // while there is only one
	folded map[string]string // by their fold, once there are more
}

// meet returns the key that a reader which ignores case takes key for: one of
// the contract's in s, or an unknown one seen before; "" for none.
func (u *unknownKeys) meet(s *shape, key string) string {
	folded := fold(key)
	if name, ok := s.folded[folded]; ok {
		return name
	}
	if u.folded == nil {
		if u.first == "" {
			u.first = key
			return ""
		}
		u.folded = map[string]string{fold(u.first): u.first}
	}
	if name, ok := u.folded[folded]; ok {
		return name
	}
	u.folded[folded] = key
	return ""
}

// variants lists the keys of the object of d at index i, and of the objects right
// in it, that would be taken for another. The path leads to that object.
func (s *shape) variants(d *ijson.Document, i int, path []string) []Violation {
	if d.Nodes[i].Kind != ijson.Object {
		return nil
	}
	var found []Violation
	var unknown unknownKeys
	for j := i + 1; j < d.Nodes[i].End; j = d.Nodes[j].End {
		key := d.Nodes[j].Key
		below, known := s.properties[key]
		if !known {
			below = s.others
			if name := unknown.meet(s, key); s.open && name != "" {
				found = append(found, variant(s, name, append(path, key)))
			}
		}
		if len(path)+1 < foldedLevels {
			if below == nil {
				below = anything
			}
			found = append(found, below.variants(d, j, append(path, key))...)
		}
	}
	return found
}

// anything is the shape of values that the contract does not describe.
var anything = &shape{types: ^uint(0), open: true}

func variant(s *shape, name string, path []string) Violation {
	detail := fmt.Sprintf("is taken for %s by readers that ignore case; leave one of them out", strconv.Quote(name))
	if _, known := s.properties[name]; known {
		detail = fmt.Sprintf("is not part of the contract; did you mean %s?", strconv.Quote(name))
	}
	return Violation{Pointer: host.Pointer(path...), Detail: detail}
}
