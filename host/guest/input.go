package guest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// withoutKeys returns the JSON object without the named members and otherwise
// byte for byte. It is object itself when it has none of them.
func withoutKeys(object []byte, keys ...string) ([]byte, error) {
	object = bytes.TrimSpace(object)
	if len(object) < 2 || object[0] != '{' || object[len(object)-1] != '}' {
		return nil, errors.New("the event is not a JSON object")
	}
	// A key can be spelled with escapes, so a backslash asks for the long way.
	if bytes.IndexByte(object, '\\') < 0 && !slices.ContainsFunc(keys, func(key string) bool { return hasKey(object, key) }) {
		return object, nil
	}
	return dropMembers(object, keys)
}

// rareLetters are seldom in an event, and one of them is in each key.
const rareLetters = "gc"

// hasKey reports whether a key may stand in the object. It looks for the end of
// the key from a rare letter on, because a search stops wherever what it looks
// for could begin.
func hasKey(object []byte, key string) bool {
	end := key[max(strings.LastIndexAny(key, rareLetters), 0):] + `"`
	return bytes.Contains(object, []byte(end))
}

func dropMembers(object []byte, keys []string) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(object))
	if _, err := d.Token(); err != nil {
		return nil, fmt.Errorf("read the event: %w", err)
	}
	out := append(make([]byte, 0, len(object)), '{')
	for d.More() {
		begin := d.InputOffset()
		key, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("read the event: %w", err)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, fmt.Errorf("read the event: %w", err)
		}
		if slices.Contains(keys, key.(string)) {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(out, bytes.TrimLeft(object[begin:d.InputOffset()], ", \t\r\n")...)
	}
	return append(out, '}'), nil
}
