package dotenv

import (
	"bytes"
	"encoding/json"
	"fmt"
)

const jsonHint = `write it as {"NAME": "VALUE"}, or in lines NAME=VALUE`

// parseJSON reads an object of strings. It reads by tokens, because a decoder's
// error would quote the value, and a map would drop a name that is there twice.
func parseJSON(name string, data []byte) ([]Pair, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	wrong := func(what string) error { return invalid(name, what, jsonHint) }
	token := func() any {
		t, err := decoder.Token()
		if err != nil {
			return nil
		}
		return t
	}
	token() // the brace
	var pairs []Pair
	seen := map[string]bool{}
	for decoder.More() {
		key, ok := token().(string)
		if !ok {
			return nil, wrong("it is no valid JSON object")
		}
		value, ok := token().(string)
		switch {
		case !ok:
			return nil, wrong(fmt.Sprintf("the value of %q is not a string", key))
		case seen[key]:
			return nil, wrong(fmt.Sprintf("%q is there twice", key))
		case !validName.MatchString(key):
			return nil, wrong(fmt.Sprintf("%q is not a name: letters, digits, '_', '-' and '.'", key))
		}
		seen[key] = true
		pairs = append(pairs, Pair{Name: key, Value: value})
	}
	if token() == nil || token() != nil || decoder.InputOffset() != int64(len(bytes.TrimRight(data, " \t\r\n"))) {
		return nil, wrong("it is no valid JSON object")
	}
	return pairs, nil
}
