package desired

import (
	"bytes"
	"encoding/json"
	"strings"

	"go.yaml.in/yaml/v3"
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
