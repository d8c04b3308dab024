package ijson

import "encoding/json"

// Kind is a kind of JSON value.
type Kind uint8

// The kinds.
const (
	Null Kind = iota
	Boolean
	Number
	String
	Array
	Object
)

// Node is one value in a [Document].
type Node struct {
	Kind Kind
	Key  string // in its object
	Text string // of a string its value, of a number and a boolean its spelling
	End  int    // the index of the first node behind it and what is in it
}

// Document is a parsed JSON text: its values in the order of the text, the
// whole first, what is in an array or object right behind it. The zero value is
// ready for [Document.Parse].
type Document struct {
	Nodes []Node
	keys  []string // the path of the object or array being read, for errors
}

// Parse reads the one value in text in place of what d held. The strings in d
// share one copy of text. Its error is an *Error.
func (d *Document) Parse(text []byte) error {
	r := decoder{text: string(text), nodes: d.Nodes[:0], keys: d.keys[:0]}
	err := r.document()
	d.Nodes, d.keys = r.nodes, r.keys
	return err
}

// Find returns the index of what the object at index i has at key, -1 when there
// is none or i is no object.
func (d *Document) Find(i int, key string) int {
	if d.Nodes[i].Kind != Object {
		return -1
	}
	for j := i + 1; j < d.Nodes[i].End; j = d.Nodes[j].End {
		if d.Nodes[j].Key == key {
			return j
		}
	}
	return -1
}

// Clear lets go of the text that was parsed and keeps the room for the next.
func (d *Document) Clear() {
	clear(d.Nodes)
	clear(d.keys[:cap(d.keys)]) // a key that was read and left is behind its end
	d.Nodes, d.keys = d.Nodes[:0], d.keys[:0]
}

// Decode returns the one value in text: nil, bool, json.Number, string, []any or
// map[string]any. Its error is an *Error.
func Decode(text []byte) (any, error) {
	var d Document
	if err := d.Parse(text); err != nil {
		return nil, err
	}
	return d.Value(0), nil
}

// Value returns the node at index i as [Decode] does.
func (d *Document) Value(i int) any {
	switch n := d.Nodes[i]; n.Kind {
	case Boolean:
		return n.Text == "true"
	case Number:
		return json.Number(n.Text)
	case String:
		return n.Text
	case Array:
		out := []any{}
		for j := i + 1; j < n.End; j = d.Nodes[j].End {
			out = append(out, d.Value(j))
		}
		return out
	case Object:
		out := map[string]any{}
		for j := i + 1; j < n.End; j = d.Nodes[j].End {
			out[d.Nodes[j].Key] = d.Value(j)
		}
		return out
	default:
		return nil
	}
}
