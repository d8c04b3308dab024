package engine

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"sync"

	"github.com/usherhost/usher/host/jsbuild/dist"
)

// Part is a part of the runtime that is not in the engine's memory: a module gets
// it only when its bundle needs it.
type Part struct {
	Name     string   `json:"name"`
	Builtins []string `json:"builtins,omitempty"` // the Node modules that it has
	Words    string   `json:"words,omitempty"`    // a regular expression: code that matches it needs the part
	Chunks   []string `json:"chunks,omitempty"`   // the scripts to evaluate, in order

	words *regexp.Regexp // Words, compiled; nil when it is empty
}

// parts reads the list that was made with the engine, once there is one.
var parts = sync.OnceValues(func() ([]Part, error) {
	text, err := dist.Parts()
	if err != nil {
		return nil, err
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

// Parts returns the bytecode of the parts that a bundle needs, to be evaluated in
// this order. Code is the bundle, and builtins are the modules of Node that it
// requires, without "node:". The error is [dist.ErrNoEngine] before there is
// an engine.
func Parts(code []byte, builtins []string) ([][]byte, error) {
	if _, err := dist.Parts(); err != nil {
		return nil, err // which may pass
	}
	list, err := parts()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, p := range list {
		if !p.neededBy(code, builtins) {
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
		if chunks[i], err = dist.Chunk(name); err != nil {
			return nil, fmt.Errorf("read the runtime's part %s: %w", name, err)
		}
	}
	return chunks, nil
}

func (p *Part) neededBy(code []byte, builtins []string) bool {
	required := func(name string) bool { return slices.Contains(builtins, name) }
	return slices.ContainsFunc(p.Builtins, required) || p.words != nil && p.words.Match(code)
}
