package jsbuild

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"sync"
)

// Part is a part of the runtime that an action's module has only when its
// bundle needs it.
type Part struct {
	Name     string   `json:"name"`
	Builtins []string `json:"builtins,omitempty"` // the Node modules that it has
	Words    string   `json:"words,omitempty"`    // a regular expression: code that it fits needs the part
	Chunks   []string `json:"chunks,omitempty"`   // the scripts to evaluate, in order

	words *regexp.Regexp // Words, read; nil without any
}

// parts are those that were made with the engine.
var parts = sync.OnceValues(func() ([]Part, error) {
	text, err := dist.ReadFile("dist/parts.json")
	if err != nil {
		return nil, ErrNoEngine
	}
	var list []Part
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("read the runtime's parts: %w", err)
	}
	for i, p := range list {
		if p.Words == "" {
			continue
		}
		if list[i].words, err = regexp.Compile(p.Words); err != nil {
			return nil, fmt.Errorf("read the words of the runtime's part %s: %w", p.Name, err)
		}
	}
	return list, nil
})

// partsFor returns the bytecode of what the bundle needs besides the core.
func partsFor(b *Bundle) ([][]byte, error) {
	list, err := parts()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, p := range list {
		if !p.neededBy(b) {
			continue
		}
		for _, name := range p.Chunks {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	chunks := make([][]byte, len(names))
	for i, name := range names {
		if chunks[i], err = dist.ReadFile("dist/parts/" + name); err != nil {
			return nil, fmt.Errorf("read the runtime's part %s: %w", name, err)
		}
	}
	return chunks, nil
}

func (p *Part) neededBy(b *Bundle) bool {
	asked := func(name string) bool { return slices.Contains(b.Builtins, name) }
	return slices.ContainsFunc(p.Builtins, asked) || p.words != nil && p.words.Match(b.Code)
}
