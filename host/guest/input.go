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
	object = proto.WithoutNulls(string(e.Trigger), object)
	if mayHaveOurs(object) {
		return dropMembers(object, ours)
	}
	return object, nil
}

// mayHaveOurs reports whether members that are ours may stand in the object. A
// key can be spelled with escapes, so a backslash may begin one. Every run asks,
// so one search serves both names, from a letter of each that is rare in events.
func mayHaveOurs(object []byte) bool {
	if bytes.IndexByte(object, '\\') >= 0 {
		return true
	}
	for at := 0; ; at++ {
		next := bytes.IndexByte(object[at:], 'c')
		if next < 0 {
			return false
		}
		at += next
		if rest := object[at+1:]; bytes.HasPrefix(rest, []byte(`rets"`)) || bytes.HasPrefix(rest, []byte(`onfiguration"`)) {
			return true
		}
	}
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
