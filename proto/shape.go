package proto

import (
	"slices"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/usherhost/usher/proto/internal/ijson"
)

// shape is a schema in a fast form: it checks only whether a value fits, without a
// word why not, and allocates nothing. Nearly every event fits, so the schema
// itself is asked about the few that don't.
type shape struct {
	types      uint // a bit for each [ijson.Kind] that fits
	minChars   int
	maxChars   int // 0 for any
	items      *shape
	properties map[string]*shape
	required   []string
	folded     map[string]string // the names of properties, by their fold
	open       bool              // other keys may be there
	others     *shape            // what fits other keys; nil for anything
	orNull     bool
}

// shapeOf returns the shape of s. It knows the keywords that schemagen writes.
// What fits the shape of such a schema fits the schema, once its needless nulls
// are left out (see [WithoutNulls]).
func shapeOf(s *jsonschema.Schema) *shape {
	base := resolve(s)
	out := &shape{
		types:    kindsOf(base.Types),
		orNull:   len(s.AnyOf) > 0,
		required: base.Required,
		open:     base.AdditionalProperties != false,
	}
	if base.MinLength != nil {
		out.minChars = *base.MinLength
	}
	if base.MaxLength != nil {
		out.maxChars = *base.MaxLength
	}
	if base.Items2020 != nil {
		out.items = shapeOf(base.Items2020)
	}
	if others, ok := base.AdditionalProperties.(*jsonschema.Schema); ok {
		out.others = shapeOf(others)
	}
	out.properties = make(map[string]*shape, len(base.Properties))
	out.folded = make(map[string]string, len(base.Properties))
	for name, property := range base.Properties {
		out.properties[name] = shapeOf(property)
		out.folded[fold(name)] = name
	}
	return out
}

// kindsOf returns a bit for each kind of value that has one of the types; no
// types stand for all.
func kindsOf(types *jsonschema.Types) uint {
	if types == nil {
		return ^uint(0)
	}
	var kinds uint
	for _, name := range types.ToStrings() {
		kinds |= 1 << kindNames[name]
	}
	return kinds
}

var kindNames = map[string]ijson.Kind{
	"null": ijson.Null, "boolean": ijson.Boolean, "number": ijson.Number,
	"string": ijson.String, "array": ijson.Array, "object": ijson.Object,
}

// fits reports whether the node of d at index i fits. Its keys are those of the
// given level, the whole event's that of 1.
func (s *shape) fits(d *ijson.Document, i, level int) bool {
	n := &d.Nodes[i]
	if n.Kind == ijson.Null && s.orNull {
		return true
	}
	if s.types&(1<<n.Kind) == 0 {
		return false
	}
	switch n.Kind {
	case ijson.Object:
		return s.fitsObject(d, i, level)
	case ijson.Array:
		return s.fitsArray(d, i, level)
	case ijson.String:
		return s.fitsString(n.Text)
	default:
		return true
	}
}

func (s *shape) fitsObject(d *ijson.Document, i, level int) bool {
	required := 0
	var unknown unknownKeys
	for j := i + 1; j < d.Nodes[i].End; j = d.Nodes[j].End {
		key := d.Nodes[j].Key
		if slices.Contains(s.required, key) {
			required++
		}
		below, known := s.properties[key]
		if !known {
			below = s.others
			if !s.open || level <= foldedLevels && unknown.meet(s, key) != "" {
				return false
			}
		}
		if below == nil && level < foldedLevels {
			below = anything
		}
		if below == nil || d.Nodes[j].Kind == ijson.Null && s.mayMiss(key) {
			continue
		}
		if !below.fits(d, j, level+1) {
			return false
		}
	}
	return required == len(s.required)
}

// mayMiss reports whether the object may be without key, so that a null there
// reports that nothing is there.
func (s *shape) mayMiss(key string) bool { return !slices.Contains(s.required, key) }

func (s *shape) fitsArray(d *ijson.Document, i, level int) bool {
	if s.items == nil {
		return true
	}
	for j := i + 1; j < d.Nodes[i].End; j = d.Nodes[j].End {
		if !s.items.fits(d, j, level+1) {
			return false
		}
	}
	return true
}

func (s *shape) fitsString(text string) bool {
	if s.minChars == 0 && s.maxChars == 0 {
		return true
	}
	chars := utf8.RuneCountInString(text)
	return chars >= s.minChars && (s.maxChars == 0 || chars <= s.maxChars)
}
