package auth0

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// schema says what a JSON value must be, as far as Auth0's API checks it. Its
// zero value takes everything.
type schema struct {
	kind       string // "object", "array", "string", "boolean", "integer"; "" is any
	about      string // what the property is, for its error
	properties map[string]*schema
	required   []string
	open       bool // other properties are fine
	items      *schema
	enum       []string
	least      int  // characters, items or the value itself
	most       int  // likewise; 0 is without bound
	oneOf      bool // all faults inside are reported as one
}

// fault is the first thing that is wrong with a value.
type fault struct{ reason, path, about string }

// on returns the fault as Auth0 words it. Kind is Payload, Query or Path.
func (f *fault) on(kind string) string {
	text := kind + " validation error: '" + f.reason + "'"
	if f.path != "" {
		text += " on property " + f.path
		if f.about != "" {
			text += " (" + f.about + ")"
		}
	}
	return text + "."
}

// check returns the first fault of value at path; nil when there is none.
func (s *schema) check(value any, path string) *fault {
	f := s.checkHere(value, path)
	if f == nil {
		f = s.checkBelow(value, path)
	}
	if f != nil && s.oneOf {
		return &fault{reason: "Data does not match any schemas from 'oneOf'", path: path}
	}
	return f
}

func (s *schema) fault(path, format string, args ...any) *fault {
	return &fault{reason: fmt.Sprintf(format, args...), path: path, about: s.about}
}

func (s *schema) checkHere(value any, path string) *fault {
	if found := kindOf(value); s.kind != "" && found != s.kind {
		return s.fault(path, "Expected type %s but found type %s", s.kind, found)
	}
	switch v := value.(type) {
	case string:
		return s.checkText(v, path)
	case json.Number:
		return s.checkNumber(v, path)
	case []any:
		return s.checkCount(len(v), path)
	case map[string]any:
		return s.checkNames(v, path)
	}
	return nil
}

// checkBelow checks what value holds.
func (s *schema) checkBelow(value any, path string) *fault {
	switch v := value.(type) {
	case []any:
		for i := 0; s.items != nil && i < len(v); i++ {
			if f := s.items.check(v[i], path+"["+strconv.Itoa(i)+"]"); f != nil {
				return f
			}
		}
	case map[string]any:
		for _, name := range sorted(v) {
			p, known := s.properties[name]
			if !known {
				continue
			}
			if f := p.check(v[name], strings.TrimPrefix(path+"."+name, ".")); f != nil {
				return f
			}
		}
	}
	return nil
}

func (s *schema) checkText(v, path string) *fault {
	n := utf8.RuneCountInString(v)
	switch {
	case len(s.enum) > 0 && !slices.Contains(s.enum, v):
		return s.fault(path, "No enum match for: %s", v)
	case n < s.least:
		return s.fault(path, "String is too short (%d chars), minimum %d", n, s.least)
	case s.most > 0 && n > s.most:
		return s.fault(path, "String is too long (%d chars), maximum %d", n, s.most)
	}
	return nil
}

func (s *schema) checkNumber(v json.Number, path string) *fault {
	n, err := v.Int64()
	switch {
	case err != nil:
		return nil // no integer was asked for
	case n < int64(s.least):
		return s.fault(path, "Value %d is less than minimum %d", n, s.least)
	case s.most > 0 && n > int64(s.most):
		return s.fault(path, "Value %d is greater than maximum %d", n, s.most)
	}
	return nil
}

func (s *schema) checkCount(n int, path string) *fault {
	switch {
	case n < s.least:
		return s.fault(path, "Array is too short (%d), minimum %d", n, s.least)
	case s.most > 0 && n > s.most:
		return s.fault(path, "Array is too long (%d), maximum %d", n, s.most)
	}
	return nil
}

func (s *schema) checkNames(v map[string]any, path string) *fault {
	for _, name := range s.required {
		if _, ok := v[name]; !ok {
			return s.fault(path, "Missing required property: %s", name)
		}
	}
	if s.open || s.properties == nil {
		return nil
	}
	var unknown []string
	for _, name := range sorted(v) {
		if _, ok := s.properties[name]; !ok {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		return s.fault(path, "Additional properties not allowed: %s", strings.Join(unknown, ","))
	}
	return nil
}

// kindOf names the type of a value as JSON Schema does.
func kindOf(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case json.Number:
		if _, err := v.Int64(); err == nil {
			return "integer"
		}
		return "number"
	}
	return "object"
}

func sorted(object map[string]any) []string {
	names := make([]string, 0, len(object))
	for name := range object {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
