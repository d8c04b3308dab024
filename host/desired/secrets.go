package desired

import (
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/files"
)

// Secrets are the secrets of an action.yaml: a list of names, whose values are
// set with `usher secrets set`, or a mapping from the names to references.
type Secrets []Secret

// Secret is one of them. In a list of names its reference is empty.
type Secret struct {
	Name      string
	Reference Reference
}

// Names returns the names in the order of the file.
func (s Secrets) Names() []string {
	var names []string
	for _, secret := range s {
		names = append(names, secret.Name)
	}
	return names
}

// UnmarshalYAML reads either form. An error never repeats a value.
func (s *Secrets) UnmarshalYAML(n *yaml.Node) error {
	switch n.Kind {
	case yaml.SequenceNode:
		for _, item := range n.Content {
			if item.Kind != yaml.ScalarNode || item.ShortTag() != "!!str" {
				return files.Wrong(item, "the name of a secret must be a string", "")
			}
			if err := s.add(item, Reference{}); err != nil {
				return err
			}
		}
		return nil
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if err := s.addReference(n.Content[i], n.Content[i+1]); err != nil {
				return err
			}
		}
		return nil
	}
	return files.Wrong(n, "secrets must be a list of names, or a mapping from names to references", "write secrets: [NAME], or NAME: ${env:NAME}")
}

func (s *Secrets) addReference(key, value *yaml.Node) error {
	if value.Kind == yaml.AliasNode {
		value = value.Alias
	}
	text := value.Value
	if value.Kind != yaml.ScalarNode {
		text = ""
	}
	reference, err := ParseReference(text)
	if e, ok := errors.AsType[*host.Error](err); ok {
		return files.Wrong(value, "secret "+key.Value+": "+e.Text, e.Hint)
	}
	return s.add(key, reference)
}

func (s *Secrets) add(name *yaml.Node, r Reference) error {
	if slices.Contains(s.Names(), name.Value) {
		return files.Wrong(name, "the secret "+name.Value+" is given twice", "")
	}
	*s = append(*s, Secret{name.Value, r})
	return nil
}

// MarshalJSON writes a list of names when no secret has a reference. A secret
// without one among others that have one is only compared, never written.
func (s Secrets) MarshalJSON() ([]byte, error) {
	references := map[string]string{}
	referenced := false
	for _, secret := range s {
		references[secret.Name] = cmp.Or(secret.Reference.String(), "(a value)")
		referenced = referenced || secret.Reference.Kind != ""
	}
	if !referenced {
		return json.Marshal(s.Names())
	}
	return json.Marshal(references)
}

// secretsOf returns the secrets sorted by name.
func secretsOf(references map[string]Reference) Secrets {
	var s Secrets
	for _, name := range slices.Sorted(maps.Keys(references)) {
		s = append(s, Secret{name, references[name]})
	}
	return s
}

func (s Secrets) references() map[string]Reference {
	references := map[string]Reference{}
	for _, secret := range s {
		references[secret.Name] = secret.Reference
	}
	return references
}
