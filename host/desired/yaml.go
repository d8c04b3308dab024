package desired

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/files"
)

// encode returns v as YAML with the names and the order of its JSON.
func encode(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil { // JSON is YAML
		return nil, err
	}
	blocks(&doc)
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(&doc); err != nil {
		return nil, err
	}
	return b.Bytes(), encoder.Close()
}

// blocks writes a tree in lines instead of braces. Lists of plain values and
// empty ones stay on their line.
func blocks(n *yaml.Node) {
	short := true
	for _, child := range n.Content {
		blocks(child)
		short = short && child.Kind == yaml.ScalarNode
	}
	switch {
	case n.Kind == yaml.SequenceNode && short, len(n.Content) == 0 && n.Kind == yaml.MappingNode:
		n.Style = yaml.FlowStyle
	case n.Kind == yaml.ScalarNode && n.Tag == "!!str" && strings.Contains(n.Value, "\n"):
		n.Style = yaml.LiteralStyle
	default:
		n.Style = 0
	}
}

// decode reads YAML into v by the names of its JSON, and refuses keys that v
// has not. Errors name the file and, where it can be told, the line.
func decode(path string, data []byte, v any) error {
	doc, err := files.YAML(path, data)
	if _, told := errors.AsType[*host.Error](err); told {
		return err
	}
	if err != nil {
		return wrong(path, 0, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	var tree any
	if err := doc.Decode(&tree); err != nil {
		return wrong(path, 0, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	text, err := json.Marshal(tree)
	if err != nil {
		return wrong(path, 0, "every key must be a text")
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return misread(path, doc, text, decoder.Decode(v))
}

// misread makes an author's error of the decoder's, which read text.
func misread(path string, doc *yaml.Node, text []byte, err error) error {
	if err == nil {
		return nil
	}
	if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		name := kind.Field[strings.LastIndexByte(kind.Field, '.')+1:]
		field := kind.Field
		if field == "" { // the decoder does not name the keys of a map
			name = lastKey(text[:kind.Offset])
			field = cmp.Or(name, "the file")
		}
		return wrong(path, lineOf(doc, name), fmt.Sprintf("%s must be a %s, not a %s", field, plain(kind.Type.Kind().String()), plain(kind.Value)))
	}
	if _, name, ok := strings.Cut(err.Error(), "unknown field "); ok {
		return wrong(path, lineOf(doc, strings.Trim(name, `"`)), "unknown key "+name)
	}
	return wrong(path, 0, err.Error())
}

var jsonKey = regexp.MustCompile(`"([^"\\]*)":`)

// lastKey returns the last key that the beginning of a JSON text has, "" when
// it has none.
func lastKey(text []byte) string {
	keys := jsonKey.FindAllSubmatch(text, -1)
	if len(keys) == 0 {
		return ""
	}
	return string(keys[len(keys)-1][1])
}

func plain(kind string) string {
	switch kind {
	case "int", "int64":
		return "whole number"
	case "slice", "array":
		return "list"
	case "map", "struct", "object":
		return "mapping"
	case "string":
		return "text"
	}
	return kind
}

// lineOf returns the line of the first key with that name, 0 without one.
func lineOf(n *yaml.Node, name string) int {
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && child.Value == name {
			return child.Line
		}
		if line := lineOf(child, name); line > 0 {
			return line
		}
	}
	return 0
}

func wrong(path string, line int, text string) error {
	if line > 0 {
		path = fmt.Sprintf("%s:%d", path, line)
	}
	return &host.Error{Code: host.Invalid, Text: path + ": " + text}
}
