package author

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
)

// readSecretsFile reads a JSON object, or lines NAME=VALUE. Empty lines and those
// that begin with # are skipped; a value may be in quotes, and a name may follow
// "export".
func readSecretsFile(path string) (map[string]string, error) {
	data, err := command.ReadFile(path)
	if err != nil {
		return nil, err
	}
	values := map[string]string{}
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		if err := json.Unmarshal(data, &values); err != nil {
			return nil, term.UsageError{Err: fmt.Errorf("%s: it must be an object of strings: %w", path, err), Hint: `write it as {"NAME": "VALUE"}, or in lines NAME=VALUE`}
		}
		return values, nil
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, given := strings.Cut(strings.TrimPrefix(line, "export "), "=")
		name = strings.TrimSpace(name)
		if !given || name == "" {
			return nil, term.UsageError{Err: fmt.Errorf("%s:%d: the line is not NAME=VALUE", path, n), Hint: "write each secret on a line of its own, such as SLACK_WEBHOOK_URL=https://…"}
		}
		values[name] = unquote(strings.TrimSpace(value))
	}
	return values, lines.Err()
}

// unquote takes a pair of quotes off a value.
func unquote(value string) string {
	for _, q := range []string{`"`, `'`} {
		if len(value) >= 2 && strings.HasPrefix(value, q) && strings.HasSuffix(value, q) {
			return value[1 : len(value)-1]
		}
	}
	return value
}
