package proto

import (
	"encoding/json"
	"slices"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// shape is a schema made fast: it says only whether a value fits, without a
// word why not, and allocates nothing. Nearly every event fits, so the schema
// itself is asked about the few that don't.
type shape struct {
	types      []string // of which the value has one; nil for any
	minChars   int
	maxChars   int // 0 for any
	items      *shape
	properties map[string]*shape
	required   []string
	open       bool   // other keys may be there
	others     *shape // what fits other keys; nil for anything
	orNull     bool
}

// shapeOf returns the shape of s. It knows the keywords that schemagen writes;
// what fits the shape of such a schema fits the schema.
func shapeOf(s *jsonschema.Schema) *shape {
	base := resolve(s)
	out := &shape{
		orNull:   len(s.AnyOf) > 0,
		required: base.Required,
		open:     base.AdditionalProperties != false,
	}
	if base.Types != nil {
		out.types = base.Types.ToStrings()
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
	for name, property := range base.Properties {
		out.properties[name] = shapeOf(property)
	}
	return out
}

func (s *shape) fits(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		return s.is("object") && s.fitsObject(v)
	case []any:
		return s.is("array") && s.fitsArray(v)
	case string:
		return s.is("string") && s.fitsString(v)
	case json.Number:
		return s.is("number")
	case bool:
		return s.is("boolean")
	default:
		return s.orNull || s.is("null")
	}
}

func (s *shape) is(name string) bool {
	return s.types == nil || slices.Contains(s.types, name)
}

func (s *shape) fitsObject(object map[string]any) bool {
	for _, key := range s.required {
		if _, ok := object[key]; !ok {
			return false
		}
	}
	for key, value := range object {
		below, known := s.properties[key]
		if !known {
			below = s.others
		}
		if !known && !s.open || below != nil && !below.fits(value) {
			return false
		}
	}
	return true
}

func (s *shape) fitsArray(array []any) bool {
	if s.items == nil {
		return true
	}
	for _, value := range array {
		if !s.items.fits(value) {
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
