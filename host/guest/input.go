package guest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/proto"
)

// ours are the members of an event that the host adds: a sender's do not count.
var ours = []string{"secrets", "configuration"}

// eventOf returns a sender's event as guests read it: without the members that
// are ours and without needless nulls, and otherwise byte for byte. It is the
// body itself when it has none of them.
func eventOf(e *host.Event) ([]byte, error) {
	object := bytes.TrimSpace(e.Body)
	if len(object) < 2 || object[0] != '{' || object[len(object)-1] != '}' {
		return nil, errors.New("the event is not a JSON object")
	}
	mayHaveOurs, mayHaveNulls := survey(object)
	if mayHaveNulls {
		object = proto.WithoutNulls(string(e.Trigger), object)
	}
	if mayHaveOurs {
		return dropMembers(object, ours)
	}
	return object, nil
}

// survey reports whether members that are ours, and nulls, may stand in the
// object. Every run asks, so it looks at few bytes: from a letter on that is
// rare in events, because a search stops wherever what it looks for could begin.
func survey(object []byte) (mayHaveOurs, mayHaveNulls bool) {
	// A key can be spelled with escapes, so a backslash asks for the long way.
	mayHaveOurs = bytes.IndexByte(object, '\\') >= 0 || bytes.Contains(object, []byte(`crets"`))
	for at := 1; at < len(object); at++ {
		next := bytes.IndexByte(object[at:], 'u')
		if next < 0 {
			break
		}
		at += next
		switch before, after := object[at-1], object[at+1:]; before {
		case 'n':
			mayHaveNulls = mayHaveNulls || bytes.HasPrefix(after, []byte("ll"))
		case 'g':
			mayHaveOurs = mayHaveOurs || bytes.HasPrefix(after, []byte(`ration"`))
		}
	}
	return mayHaveOurs, mayHaveNulls
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
