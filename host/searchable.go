package host

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// The bounds of searching by fields of events.
const (
	MaxSearchableFields = 16  // of one host
	MaxFieldValues      = 32  // of one field in one event; further ones are not searchable
	MaxFieldValueBytes  = 200 // of a value that are stored as they are; a longer one is found whole, by its digest
	MinFieldPrefixChars = 3   // before the * of a [FieldValue]
)

// SearchableField is a place in the bodies of events by whose values events and
// executions are found. What is indexed of it:
//
//   - a string as it stands, in lower case when the path ends in email;
//   - a number in its shortest decimal form (10 for 10, 10.0 and 1e1), a boolean as
//     true or false;
//   - of an array each value in it, up to [MaxFieldValues], and of an array of objects
//     in the path what each of them has;
//   - nothing of null, of an object, and where the event has no such field.
type SearchableField struct {
	Field   string `json:"field"`   // its path, as [FieldPath] writes it
	Indexed bool   `json:"indexed"` // false: older events are still being added
	Percent int    `json:"percent"` // how much of the older events is added; 100 when Indexed
}

// FieldValue selects what has a value at a searchable field. A Value that ends in *
// stands for all that begin so.
type FieldValue struct {
	Field string `json:"field"` // a path, see [ParseFieldPath]
	Value string `json:"value"`
}

// ParseFieldPath returns the keys of a path such as user.app_metadata.plan, or of a
// JSON pointer such as /user/app_metadata/plan. Its error says what is wrong with path.
func ParseFieldPath(path string) ([]string, error) {
	keys := strings.Split(path, ".")
	if strings.HasPrefix(path, "/") {
		keys = SplitPointer(path)
	}
	switch {
	case !utf8.ValidString(path) || Unprintable(path) != "":
		return nil, fmt.Errorf("%q is not a path of printable characters", path)
	case slices.Contains(keys, ""):
		return nil, fmt.Errorf("%q is not a path of keys such as user.email", path)
	case len(path) > maxFieldPathBytes:
		return nil, fmt.Errorf("the path %.40q… has %d bytes, more than %d", path, len(path), maxFieldPathBytes)
	}
	return keys, nil
}

const maxFieldPathBytes = 256

// FieldPath writes a path of keys: with dots, or as a JSON pointer when a key has a dot
// or begins with a slash.
func FieldPath(keys []string) string {
	if slices.ContainsFunc(keys, func(key string) bool { return strings.Contains(key, ".") }) || strings.HasPrefix(keys[0], "/") {
		return Pointer(keys...)
	}
	return strings.Join(keys, ".")
}

// ParseFieldValue reads FIELD=VALUE, such as user.email=ada@example.com. Its error says
// what is wrong with text.
func ParseFieldValue(text string) (FieldValue, error) {
	path, value, found := strings.Cut(text, "=")
	if !found {
		return FieldValue{}, fmt.Errorf("%q is not FIELD=VALUE, such as user.email=ada@example.com", text)
	}
	keys, err := ParseFieldPath(path)
	if err != nil {
		return FieldValue{}, err
	}
	if prefix, ok := strings.CutSuffix(value, "*"); ok {
		switch {
		case utf8.RuneCountInString(prefix) < MinFieldPrefixChars:
			return FieldValue{}, fmt.Errorf("%q needs at least %d characters before *", text, MinFieldPrefixChars)
		case len(prefix) > MaxFieldValueBytes:
			return FieldValue{}, fmt.Errorf("what stands before * has %d bytes, more than %d", len(prefix), MaxFieldValueBytes)
		}
	}
	return FieldValue{Field: FieldPath(keys), Value: value}, nil
}

// Prefix returns what a value has to begin with, and whether it may go on.
func (v FieldValue) Prefix() (string, bool) { return strings.CutSuffix(v.Value, "*") }

// IndexedValue is the form in which a value of the field with these keys is indexed and
// looked up.
func IndexedValue(keys []string, value string) []byte {
	if strings.EqualFold(keys[len(keys)-1], "email") {
		value = strings.ToLower(value)
	}
	if len(value) <= MaxFieldValueBytes {
		return []byte(value)
	}
	cut := MaxFieldValueBytes
	for cut > 0 && !utf8.RuneStart(value[cut]) {
		cut--
	}
	digest := sha256.Sum256([]byte(value))
	return append(append([]byte(value[:cut]), longValue), digest[:]...)
}

// longValue stands before the digest of a long value: no string in UTF-8 has it.
const longValue = 0xff
