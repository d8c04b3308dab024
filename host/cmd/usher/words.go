package main

import (
	"fmt"
	"strings"
)

func join(words []string) string { return strings.Join(words, ", ") }

func splitPath(path string) []string { return strings.Split(path, ".") }

// splitPair splits NAME=VALUE.
func splitPair(flag, pair string) (name, value string, err error) {
	name, value, ok := strings.Cut(pair, "=")
	if !ok || name == "" {
		return "", "", usageError{err: fmt.Errorf("--%s %q has no value", flag, pair), hint: "write it as --" + flag + " NAME=VALUE"}
	}
	return name, value, nil
}

// splitPairs splits every NAME=VALUE of a flag.
func splitPairs(flag string, pairs []string) (map[string]string, error) {
	values := make(map[string]string, len(pairs))
	for _, pair := range pairs {
		name, value, err := splitPair(flag, pair)
		if err != nil {
			return nil, err
		}
		values[name] = value
	}
	return values, nil
}

// firstLine returns text up to its first line break.
func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
