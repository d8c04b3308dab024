package files

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/text"
)

// Document is a YAML document that [Strict] has read. It finds the place of a
// value for errors of those who check the values.
type Document struct {
	path string
	top  *yaml.Node // nil in an empty file
}

// Renamer is a struct that knows former names of its keys: a file that has one
// gets an error with the present name. Names lead to what to write instead.
type Renamer interface{ Renamed() map[string]string }

// Strict reads a YAML document into v, by the names of v's JSON. Unknown keys,
// keys that are given twice and values of another type are Invalid [host.Error]s
// with the file, line and column, the expected type or the nearest key. No value
// is repeated in an error, because it may be a secret. A type in v with an
// UnmarshalYAML method reads itself; its errors are made with [Wrong]. Path is
// for errors; an empty file leaves v as it is.
func Strict(path string, data []byte, v any) (*Document, error) {
	node, err := YAML(path, data)
	if _, ours := errors.AsType[*host.Error](err); ours {
		return nil, err
	}
	if err != nil {
		return nil, invalid(path, strings.TrimPrefix(err.Error(), "yaml: "), "")
	}
	d := &Document{path: path}
	if len(node.Content) == 0 {
		return d, nil
	}
	d.top = node.Content[0]
	if err := read(d.top, reflect.ValueOf(v).Elem(), "the file"); err != nil {
		return nil, d.place(err)
	}
	return d, nil
}

// Wrong returns an Invalid error about the value at pointer, a JSON pointer, at
// its line and column, or at those of the nearest value around it.
func (d *Document) Wrong(pointer, detail, hint string) error {
	if d.top == nil {
		return invalid(d.path, detail, hint)
	}
	return d.place(Wrong(find(d.top, pointer), detail, hint))
}

// find returns the key of the value at pointer, or its item in a list.
func find(n *yaml.Node, pointer string) *yaml.Node {
	found := n
	for _, name := range host.SplitPointer(pointer) {
		n = followed(n)
		at := -1
		switch n.Kind {
		case yaml.MappingNode:
			if at = keyIndex(n, name); at >= 0 {
				found, n = n.Content[at], n.Content[at+1]
			}
		case yaml.SequenceNode:
			if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(n.Content) {
				at, found, n = i, n.Content[i], n.Content[i]
			}
		}
		if at < 0 {
			return found
		}
	}
	return found
}

func keyIndex(mapping *yaml.Node, name string) int {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == name {
			return i
		}
	}
	return -1
}

// problem is what is wrong with a node.
type problem struct {
	node         *yaml.Node
	detail, hint string
}

func (p *problem) Error() string { return p.detail }

// Wrong returns an error about a node, for an UnmarshalYAML method that
// [Strict] calls.
func Wrong(n *yaml.Node, detail, hint string) error { return &problem{n, detail, hint} }

// place adds the file, line and column to a problem.
func (d *Document) place(err error) error {
	p, ok := errors.AsType[*problem](err)
	if !ok {
		return invalid(d.path, err.Error(), "")
	}
	return invalid(fmt.Sprintf("%s:%d:%d", d.path, p.node.Line, p.node.Column), p.detail, p.hint)
}

func invalid(place, detail, hint string) error {
	return &host.Error{Code: host.Invalid, Text: place + ": " + detail, Hint: hint}
}

// read reads a node into v; name is the path of the value, for errors.
func read(n *yaml.Node, v reflect.Value, name string) error {
	n = followed(n)
	if isNull(n) {
		return nil
	}
	if u, ok := v.Addr().Interface().(yaml.Unmarshaler); ok {
		return u.UnmarshalYAML(n)
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return read(n, v.Elem(), name)
	case reflect.Struct:
		return readStruct(n, v, name)
	case reflect.Map:
		return readMap(n, v, name)
	case reflect.Slice:
		return readList(n, v, name)
	default:
		return readScalar(n, v, name)
	}
}

func readStruct(n *yaml.Node, v reflect.Value, name string) error {
	if err := isMapping(n, name); err != nil {
		return err
	}
	fields := fieldsOf(v.Type())
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		field := slices.IndexFunc(fields, func(f field) bool { return f.key == key.Value })
		if field < 0 {
			return unknown(key, v, fields)
		}
		if err := read(n.Content[i+1], v.Field(fields[field].index), below(name, key.Value)); err != nil {
			return err
		}
	}
	return nil
}

// field is a field of a struct that a file may have.
type field struct {
	key   string
	index int
}

func fieldsOf(t reflect.Type) []field {
	var fields []field
	for i := range t.NumField() {
		key, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if t.Field(i).IsExported() && key != "" && key != "-" {
			fields = append(fields, field{key, i})
		}
	}
	return fields
}

// unknown is the error about a key that v does not have.
func unknown(key *yaml.Node, v reflect.Value, fields []field) error {
	detail := fmt.Sprintf("unknown key %q", key.Value)
	if r, ok := v.Addr().Interface().(Renamer); ok {
		if now := r.Renamed()[key.Value]; now != "" {
			return Wrong(key, detail, "write "+now)
		}
	}
	known := make([]string, len(fields))
	for i, f := range fields {
		known[i] = f.key
	}
	hint := text.DidYouMean(text.Nearest(key.Value, known, max(len(key.Value)/3, 2))...)
	if hint == "" {
		hint = "the keys here are " + strings.Join(known, ", ")
	}
	return Wrong(key, detail, hint)
}

func readMap(n *yaml.Node, v reflect.Value, name string) error {
	if err := isMapping(n, name); err != nil {
		return err
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(n.Content)/2))
	for i := 0; i+1 < len(n.Content); i += 2 {
		value := reflect.New(v.Type().Elem()).Elem()
		if err := read(n.Content[i+1], value, below(name, n.Content[i].Value)); err != nil {
			return err
		}
		v.SetMapIndex(reflect.ValueOf(n.Content[i].Value).Convert(v.Type().Key()), value)
	}
	return nil
}

func readList(n *yaml.Node, v reflect.Value, name string) error {
	if n.Kind != yaml.SequenceNode {
		return mistyped(n, name, "a list")
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, item := range n.Content {
		if err := read(item, v.Index(i), fmt.Sprintf("%s[%d]", name, i)); err != nil {
			return err
		}
	}
	return nil
}

func readScalar(n *yaml.Node, v reflect.Value, name string) error {
	switch v.Kind() {
	case reflect.String:
		if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" && n.ShortTag() != "!!timestamp" {
			return mistyped(n, name, "a string")
		}
		v.SetString(n.Value)
		return nil
	case reflect.Bool:
		if n.Decode(v.Addr().Interface()) != nil {
			return mistyped(n, name, "true or false")
		}
		return nil
	case reflect.Int, reflect.Int64:
		if n.ShortTag() != "!!int" || n.Decode(v.Addr().Interface()) != nil {
			return mistyped(n, name, "an integer")
		}
		return nil
	case reflect.Interface:
		return n.Decode(v.Addr().Interface())
	}
	return fmt.Errorf("%s can't be read into a %s", name, v.Type())
}

// isMapping reports what keeps a node from being a mapping with plain keys, each
// there once.
func isMapping(n *yaml.Node, name string) error {
	if n.Kind != yaml.MappingNode {
		return mistyped(n, name, "a mapping")
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode {
			return Wrong(key, "every key must be a string", "")
		}
		if first := keyIndex(n, key.Value); first < i {
			return Wrong(key, fmt.Sprintf("the key %q is given twice", key.Value), fmt.Sprintf("the first is in line %d", n.Content[first].Line))
		}
	}
	return nil
}

func mistyped(n *yaml.Node, name, want string) error {
	hint := ""
	if want == "a string" && n.Kind == yaml.ScalarNode {
		hint = "put it in quotes"
	}
	return Wrong(n, fmt.Sprintf("%s must be %s, not %s", name, want, kindOf(n)), hint)
}

func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!int", "!!float":
		return "a number"
	case "!!bool":
		return "true or false"
	default:
		return "a string"
	}
}

// below is the name of a value in the one called name.
func below(name, key string) string {
	if name == "the file" {
		return key
	}
	return name + "." + key
}

func followed(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }
