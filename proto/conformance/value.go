package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Value is what passes between guest and host in one parameter or result: a
// block of bytes, no block, or a number.
type Value struct {
	Bytes  []byte
	None   bool // no block: offset 0
	Number *int64
}

// Window is the span of the guest's clock over a run: when it started, and
// where the clock was at its end.
type Window struct{ Start, End time.Time }

// Arguments returns what the guest passes. In JSON a string is a block of its
// text, an object or array a block of its JSON, {"$base64": …} a block of those
// bytes, null no block, a number itself.
func (c Call) Arguments() ([]Value, error) {
	var values []Value
	for i, raw := range c.Args {
		v, err := argument(raw)
		if err != nil {
			return nil, fmt.Errorf("argument %d of %s: %w", i, c.Function, err)
		}
		values = append(values, v)
	}
	return values, nil
}

func argument(raw json.RawMessage) (Value, error) {
	v, err := decode(raw)
	if err != nil {
		return Value{}, err
	}
	switch v := v.(type) {
	case nil:
		return Value{None: true}, nil
	case string:
		return Value{Bytes: []byte(v)}, nil
	case json.Number:
		n, err := v.Int64()
		return Value{Number: &n}, err
	case map[string]any:
		if _, ok := v["$base64"]; ok {
			var block struct {
				Bytes []byte `json:"$base64"`
			}
			err := json.Unmarshal(raw, &block)
			return Value{Bytes: block.Bytes}, err
		}
	}
	return Value{Bytes: raw}, nil
}

// Check compares an answer with what it must be. In JSON a string is a block of
// that text, null no block, a number itself; an object is a block of JSON with
// the same keys and values, where these stand for others: {"$string": true} any
// text that is not empty, {"$number": true} any number, {"$after_ms": n}
// milliseconds since 1970 that lie n after a moment of the window.
func (c Call) Check(got Value, w Window) error {
	want, err := decode(c.Answer)
	if err != nil {
		return err
	}
	if err := check(want, got, w); err != nil {
		return fmt.Errorf("%s answered %s: %w", c.Function, got, err)
	}
	return nil
}

func check(want any, got Value, w Window) error {
	switch want := want.(type) {
	case nil:
		if !got.None {
			return errors.New("want none")
		}
		return nil
	case string:
		if got.Number != nil || got.None || string(got.Bytes) != want {
			return fmt.Errorf("want %q", want)
		}
		return nil
	case json.Number:
		if got.Number == nil || fmt.Sprint(*got.Number) != want.String() {
			return fmt.Errorf("want %s", want)
		}
		return nil
	}
	value, err := decode(got.Bytes)
	if err != nil {
		return fmt.Errorf("want JSON: %w", err)
	}
	return match(want, value, w, "")
}

// match compares two values of JSON.
func match(want, got any, w Window, at string) error {
	switch want := want.(type) {
	case map[string]any:
		if special, ok := matchSpecial(want, got, w); ok {
			if !special {
				return fmt.Errorf("at %q: %v is no %v", at, got, want)
			}
			return nil
		}
		object, _ := got.(map[string]any)
		if object == nil || !slices.Equal(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(object))) {
			return fmt.Errorf("at %q: want the keys %q, have %q", at, slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(object)))
		}
		for key, value := range want {
			if err := match(value, object[key], w, at+"/"+key); err != nil {
				return err
			}
		}
		return nil
	case []any:
		array, _ := got.([]any)
		if len(array) != len(want) {
			return fmt.Errorf("at %q: want %d elements, have %v", at, len(want), got)
		}
		for i, value := range want {
			if err := match(value, array[i], w, fmt.Sprint(at, "/", i)); err != nil {
				return err
			}
		}
		return nil
	default:
		if want != got {
			return fmt.Errorf("at %q: want %v, have %v", at, want, got)
		}
		return nil
	}
}

// matchSpecial compares got with an object that stands for something else, and
// reports whether want is one.
func matchSpecial(want map[string]any, got any, w Window) (fits, special bool) {
	if len(want) != 1 {
		return false, false
	}
	if _, ok := want["$string"]; ok {
		text, _ := got.(string)
		return text != "", true
	}
	number, isNumber := got.(json.Number)
	if _, ok := want["$number"]; ok {
		return isNumber, true
	}
	after, ok := want["$after_ms"].(json.Number)
	if !ok {
		return false, false
	}
	n, err := number.Int64()
	offset, offsetErr := after.Int64()
	fits = err == nil && offsetErr == nil && w.Start.UnixMilli()+offset <= n && n <= w.End.UnixMilli()+offset
	return fits, true
}

// String returns the value as people write it.
func (v Value) String() string {
	switch {
	case v.None:
		return "none"
	case v.Number != nil:
		return fmt.Sprint(*v.Number)
	}
	return fmt.Sprintf("%q", v.Bytes)
}

func decode(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, errors.New("more than one value")
	}
	return v, nil
}

// expandInto writes out every {"$repeat": [text, times]} in raw.
func expandInto(raw *json.RawMessage) error {
	if !bytes.Contains(*raw, []byte(`"$repeat"`)) {
		return nil
	}
	v, err := decode(*raw)
	if err != nil {
		return err
	}
	*raw, err = json.Marshal(expanded(v))
	return err
}

func expanded(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = expanded(v[i])
		}
	case map[string]any:
		if list, ok := v["$repeat"].([]any); ok && len(v) == 1 {
			text, _ := list[0].(string)
			times, _ := list[1].(json.Number).Int64()
			return strings.Repeat(text, int(times))
		}
		for key := range v {
			v[key] = expanded(v[key])
		}
	}
	return v
}
