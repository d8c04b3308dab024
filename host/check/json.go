package check

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
)

// The bounds of one comparison.
const (
	maxPaths = 64  // differences of one document; one more stands for the rest
	maxValue = 200 // bytes of a value in an example
)

// documents compares two JSON documents.
type documents struct {
	found []pathDifference
}

// pathDifference is a place in which two documents differ. A side that does not have it
// is nil.
type pathDifference struct {
	path     string
	old, now any
}

// what describes the place and the way in which it differs: "$.items[*].id added".
func (d *pathDifference) what() string {
	path := general(d.path)
	switch {
	case d.old == nil:
		return path + " added"
	case d.now == nil:
		return path + " removed"
	}
	return path
}

var index = regexp.MustCompile(`\[\d+\]`)

// general returns a path for all elements of its lists.
func general(path string) string { return index.ReplaceAllString(path, "[*]") }

// jsonDifferences compares two JSON documents by value. False means that one of them is
// not JSON.
func jsonDifferences(old, now []byte) ([]pathDifference, bool) {
	a, ok := decode(old)
	if !ok {
		return nil, false
	}
	b, ok := decode(now)
	if !ok {
		return nil, false
	}
	var d documents
	d.compare("$", a, b)
	return d.found, true
}

// absent and null distinguish a value that is not there from one that is null.
type null struct{}

func decode(document []byte) (any, bool) {
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	var v any
	if decoder.Decode(&v) != nil {
		return nil, false
	}
	_, err := decoder.Token()
	return orNull(v), err == io.EOF
}

func orNull(v any) any {
	if v == nil {
		return null{}
	}
	return v
}

func (d *documents) add(path string, old, now any) {
	switch {
	case len(d.found) < maxPaths:
		d.found = append(d.found, pathDifference{path, old, now})
	case len(d.found) == maxPaths:
		d.found = append(d.found, pathDifference{"and more places", null{}, null{}})
	}
}

func (d *documents) compare(path string, old, now any) {
	switch a := old.(type) {
	case map[string]any:
		if b, same := now.(map[string]any); same {
			d.objects(path, a, b)
			return
		}
	case []any:
		if b, same := now.([]any); same {
			d.lists(path, a, b)
			return
		}
	default:
		if old == now && !isComposite(now) {
			return
		}
	}
	d.add(path, old, now)
}

func isComposite(v any) bool {
	switch v.(type) {
	case map[string]any, []any:
		return true
	}
	return false
}

func (d *documents) objects(path string, a, b map[string]any) {
	names := maps.Clone(a)
	maps.Copy(names, b)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		before, had := a[name]
		after, has := b[name]
		at := path + member(name)
		switch {
		case !had:
			d.add(at, nil, orNull(after))
		case !has:
			d.add(at, orNull(before), nil)
		default:
			d.compare(at, orNull(before), orNull(after))
		}
	}
}

var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

func member(name string) string {
	if plainName.MatchString(name) {
		return "." + name
	}
	return "[" + strconv.Quote(name) + "]"
}

// lists compares what is left of two lists between what they begin and end with alike.
func (d *documents) lists(path string, a, b []any) {
	first := 0
	for first < len(a) && first < len(b) && equal(a[first], b[first]) {
		first++
	}
	endA, endB := len(a), len(b)
	for endA > first && endB > first && equal(a[endA-1], b[endB-1]) {
		endA, endB = endA-1, endB-1
	}
	for i := first; i < max(endA, endB); i++ {
		at := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case i >= endA:
			d.add(at, nil, orNull(b[i]))
		case i >= endB:
			d.add(at, orNull(a[i]), nil)
		default:
			d.compare(at, orNull(a[i]), orNull(b[i]))
		}
	}
}

func equal(a, b any) bool {
	var d documents
	d.compare("", orNull(a), orNull(b))
	return len(d.found) == 0
}

// shown returns a value of a document as an example has it.
func shown(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case null:
		return "null"
	case string:
		return strconv.Quote(v)
	}
	b, _ := json.Marshal(v) // it came from JSON
	return string(b)
}
