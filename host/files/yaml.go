package files

import (
	"fmt"

	"go.yaml.in/yaml/v3"

	"github.com/usherhost/usher/host"
)

// maxExpanded is how large a document may be once its aliases are replaced by
// what they stand for.
const maxExpanded = 64 << 20

// maxYAMLDepth is how deep it may be nested then.
const maxYAMLDepth = 200

// YAML parses one document. One that its aliases make too large or too deep is an
// Invalid [host.Error] before it is decoded; path is for errors.
func YAML(path string, data []byte) (*yaml.Node, error) {
	if int64(len(data)) > MaxText {
		return nil, tooLarge(path, MaxText)
	}
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		return nil, err
	}
	m := measure{known: map[*yaml.Node]extent{}}
	if e := m.of(&document); e.size > maxExpanded || e.height > maxYAMLDepth {
		return nil, &host.Error{
			Code: host.Invalid, Text: fmt.Sprintf("%s is more than %d MiB or %d levels once its aliases are replaced", path, maxExpanded>>20, maxYAMLDepth),
			Hint: "write out what its aliases stand for",
		}
	}
	return &document, nil
}

// extent is how large and how high a node is once aliases are replaced.
type extent struct {
	size   int64
	height int
}

// measure looks at each node once.
type measure struct{ known map[*yaml.Node]extent }

func (m measure) of(n *yaml.Node) extent {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		return m.of(n.Alias)
	}
	if e, known := m.known[n]; known {
		return e
	}
	m.known[n] = extent{height: maxYAMLDepth + 1} // of what holds itself
	e := extent{size: int64(len(n.Value)) + 16}
	for _, child := range n.Content {
		below := m.of(child)
		e.size = min(e.size+below.size, maxExpanded+1)
		e.height = min(max(e.height, below.height+1), maxYAMLDepth+1)
	}
	m.known[n] = e
	return e
}
