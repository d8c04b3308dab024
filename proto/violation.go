package proto

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/usherhost/usher/host"
)

// MaxViolations is how many violations of one document are reported. When there are
// more, the last one has their number.
const MaxViolations = 20

// violations describes in plain words what the validation of schema found.
func violations(schema *jsonschema.Schema, err error) []Violation {
	var found *jsonschema.ValidationError
	if !errors.As(err, &found) {
		return []Violation{{Detail: err.Error()}}
	}
	t := describer{schema: schema}
	t.describe(found)
	return t.out
}

// atMost sorts violations and leaves out what is too many.
func atMost(all []Violation) []Violation {
	slices.SortFunc(all, func(a, b Violation) int {
		return cmp.Or(cmp.Compare(a.Pointer, b.Pointer), cmp.Compare(a.Detail, b.Detail))
	})
	all = slices.Compact(all)
	if more := len(all) - MaxViolations + 1; more > 1 {
		all = append(all[:MaxViolations-1], Violation{Detail: "has " + strconv.Itoa(more) + " more faults"})
	}
	return all
}

type describer struct {
	schema *jsonschema.Schema
	out    []Violation
}

func (t *describer) describe(e *jsonschema.ValidationError) {
	if _, choice := e.ErrorKind.(*kind.AnyOf); choice {
		t.describeChoice(e)
		return
	}
	if len(e.Causes) > 0 {
		for _, cause := range e.Causes {
			t.describe(cause)
		}
		return
	}
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		for _, key := range k.Missing {
			t.add(e, "is required", key)
		}
	case *kind.AdditionalProperties:
		for _, key := range k.Properties {
			t.add(e, t.unknown(e.InstanceLocation, key), key)
		}
	case *kind.Type:
		t.add(e, wrongType(k.Got, k.Want))
	case *kind.MinLength:
		t.add(e, atLeast(k.Want))
	case *kind.MaxLength:
		t.add(e, fmt.Sprintf("must have at most %d characters, has %d", k.Want, k.Got))
	default:
		t.add(e, "does not fit the contract")
	}
}

// describeChoice describes a value that may also be null, but is neither: as if it
// had to be what it can be beside null.
func (t *describer) describeChoice(e *jsonschema.ValidationError) {
	var want []string
	got := ""
	for _, cause := range leaves(e) {
		k, wrong := cause.ErrorKind.(*kind.Type)
		if wrong && len(cause.InstanceLocation) == len(e.InstanceLocation) {
			want, got = append(want, k.Want...), k.Got
			continue
		}
		t.describe(cause)
	}
	if len(want) > 1 {
		t.add(e, wrongType(got, want))
	}
}

func leaves(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(e.Causes) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	var all []*jsonschema.ValidationError
	for _, cause := range e.Causes {
		all = append(all, leaves(cause)...)
	}
	return all
}

func (t *describer) add(e *jsonschema.ValidationError, detail string, below ...string) {
	keys := slices.Concat(e.InstanceLocation, below)
	t.out = append(t.out, Violation{Pointer: host.Pointer(keys...), Detail: detail})
}

func wrongType(got string, want []string) string {
	var words []string
	for _, w := range want {
		words = append(words, withArticle(w))
	}
	return "must be " + strings.Join(words, " or ") + ", is " + withArticle(got)
}

// withArticle names a JSON type as in a sentence.
func withArticle(name string) string {
	switch name {
	case "null":
		return "null"
	case "object", "array", "integer":
		return "an " + name
	default:
		return "a " + name
	}
}

func atLeast(chars int) string {
	if chars == 1 {
		return "must not be empty"
	}
	return fmt.Sprintf("must have at least %d characters", chars)
}

// unknown describes a key that an object does not allow, and names the key that
// may have been meant: the one that differs in case and underscores only.
func (t *describer) unknown(object []string, key string) string {
	detail := "is not part of the contract"
	s := schemaAt(t.schema, object)
	if s == nil {
		return detail
	}
	for name := range s.Properties {
		if plain(name) == plain(key) {
			return detail + fmt.Sprintf("; did you mean %q?", name)
		}
	}
	return detail
}

func plain(key string) string { return strings.ToLower(strings.ReplaceAll(key, "_", "")) }

// schemaAt returns the schema of the value at a path below s, nil when there is
// none of its own.
func schemaAt(s *jsonschema.Schema, path []string) *jsonschema.Schema {
	s = resolve(s)
	if s == nil || len(path) == 0 {
		return s
	}
	if below, ok := s.Properties[path[0]]; ok {
		return schemaAt(below, path[1:])
	}
	if below, ok := s.AdditionalProperties.(*jsonschema.Schema); ok {
		return schemaAt(below, path[1:])
	}
	return nil
}

// resolve follows references, and goes past a null that may stand instead.
func resolve(s *jsonschema.Schema) *jsonschema.Schema {
	for s != nil {
		switch {
		case s.Ref != nil:
			s = s.Ref
		case len(s.AnyOf) > 0:
			s = s.AnyOf[0]
		default:
			return s
		}
	}
	return nil
}
