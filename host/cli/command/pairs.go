package command

import (
	"fmt"
	"strings"

	"github.com/usherhost/usher/host/cli/term"
)

// splitPair splits NAME=VALUE.
func splitPair(flag, pair string) (name, value string, err error) {
	name, value, ok := strings.Cut(pair, "=")
	if !ok || name == "" {
		return "", "", term.UsageError{Err: fmt.Errorf("--%s %q has no value", flag, pair), Hint: "write it as --" + flag + " NAME=VALUE"}
	}
	return name, value, nil
}

// SplitPairs splits every NAME=VALUE of a flag.
func SplitPairs(flag string, pairs []string) (map[string]string, error) {
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
