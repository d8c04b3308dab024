package admin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

// decode reads c's JSON body into the struct that into points at. Unknown keys,
// wrong types and nulls without a meaning are Invalid, each with its pointer; so
// are query parameters that are not known.
func decode(c echo.Context, into any, known ...string) error {
	if q := queryOf(c, known...); q.err != nil {
		return q.err
	}
	if _, err := web.RequireType(c, echo.MIMEApplicationJSON); err != nil {
		return err
	}
	body, err := io.ReadAll(c.Request().Body)
	if err != nil {
		return fmt.Errorf("read body: %w", err)
	}
	return decodeBytes(body, into, "")
}

// decodeOptional is decode for a body that may be missing.
func decodeOptional(c echo.Context, into any) error {
	if q := queryOf(c); q.err != nil {
		return q.err
	}
	body, err := io.ReadAll(c.Request().Body)
	if err != nil {
		return fmt.Errorf("read body: %w", err)
	}
	if len(body) == 0 {
		return nil
	}
	c.Request().Body = io.NopCloser(bytes.NewReader(body))
	return decode(c, into)
}

// decodeBytes decodes a document whose root has the pointer prefix.
func decodeBytes(body []byte, into any, prefix string) error {
	document, err := parse(body)
	if err != nil {
		return err
	}
	ch := checker{}
	ch.check(document, reflect.TypeOf(into).Elem(), prefix)
	if len(ch.bad) > 0 {
		return &host.Error{Code: host.Invalid, Text: "the body is not valid for this path", Hint: "GET /v1/openapi.yaml describes it", Fields: ch.bad}
	}
	if err := json.Unmarshal(body, into); err != nil {
		return &host.Error{Code: host.Invalid, Text: "the body is not valid for this path", Err: err}
	}
	return nil
}

func parse(body []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var document any
	if err := d.Decode(&document); err != nil {
		return nil, notJSON(body, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, &host.Error{Code: host.Invalid, Text: "unexpected data after the JSON value", Hint: "send one JSON object"}
	}
	return document, nil
}

func notJSON(body []byte, err error) error {
	text := "the body is not JSON"
	switch e, ok := errors.AsType[*json.SyntaxError](err); {
	case len(bytes.TrimSpace(body)) == 0:
		text = "the body is empty"
	case errors.Is(err, io.ErrUnexpectedEOF):
		text += ": unexpected end"
	case ok:
		text += fmt.Sprintf(": %s at byte %d", e, e.Offset)
	}
	return &host.Error{Code: host.Invalid, Text: text, Hint: "send one JSON object", Err: err}
}

// checker compares a document with the Go type that it is meant for.
type checker struct{ bad []host.Field }

func (ch *checker) add(pointer, format string, args ...any) {
	ch.bad = append(ch.bad, host.Field{Pointer: pointer, Detail: fmt.Sprintf(format, args...)})
}

var (
	rawType  = reflect.TypeFor[json.RawMessage]()
	timeType = reflect.TypeFor[time.Time]()
)

func (ch *checker) check(value any, t reflect.Type, pointer string) {
	switch t {
	case rawType:
		return
	case timeType:
		ch.checkTime(value, pointer)
		return
	}
	if t.Kind() == reflect.Pointer {
		if value != nil {
			ch.check(value, t.Elem(), pointer)
		}
		return
	}
	switch t.Kind() {
	case reflect.Struct:
		ch.checkStruct(value, t, pointer)
	case reflect.Map:
		ch.checkMap(value, t, pointer)
	case reflect.Slice:
		ch.checkSlice(value, t, pointer)
	default:
		ch.checkScalar(value, t, pointer)
	}
}

func (ch *checker) checkStruct(value any, t reflect.Type, pointer string) {
	object, ok := value.(map[string]any)
	if !ok {
		ch.add(pointer, "must be an object")
		return
	}
	var known []string
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		known = append(known, name)
		if v, ok := object[name]; ok {
			ch.check(v, f.Type, pointer+"/"+name)
		}
	}
	for _, name := range sortedKeys(object) {
		if !slices.Contains(known, name) {
			ch.add(pointer+host.Pointer(name), "is unknown; the known keys are: %s", strings.Join(known, ", "))
		}
	}
}

func (ch *checker) checkMap(value any, t reflect.Type, pointer string) {
	object, ok := value.(map[string]any)
	if !ok {
		ch.add(pointer, "must be an object")
		return
	}
	for _, name := range sortedKeys(object) {
		ch.check(object[name], t.Elem(), pointer+host.Pointer(name))
	}
}

func (ch *checker) checkSlice(value any, t reflect.Type, pointer string) {
	array, ok := value.([]any)
	if !ok {
		ch.add(pointer, "must be an array")
		return
	}
	for i, v := range array {
		ch.check(v, t.Elem(), pointer+"/"+strconv.Itoa(i))
	}
}

func (ch *checker) checkScalar(value any, t reflect.Type, pointer string) {
	switch t.Kind() {
	case reflect.String:
		if _, ok := value.(string); !ok {
			ch.add(pointer, "must be a string")
		}
	case reflect.Bool:
		if _, ok := value.(bool); !ok {
			ch.add(pointer, "must be true or false")
		}
	default:
		n, ok := value.(json.Number)
		if _, err := n.Int64(); !ok || err != nil {
			ch.add(pointer, "must be an integer")
		}
	}
}

func (ch *checker) checkTime(value any, pointer string) {
	s, _ := value.(string)
	if _, err := time.Parse(time.RFC3339, s); err != nil {
		ch.add(pointer, "must be a time such as 2026-11-30T08:00:00Z")
	}
}

func sortedKeys(object map[string]any) []string {
	keys := make([]string, 0, len(object))
	for key := range object {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// missing is the error for a key that a body must have.
func missing(pointer, why string) error {
	return &host.Error{
		Code:   host.Invalid,
		Text:   "a required field is missing",
		Fields: []host.Field{{Pointer: pointer, Detail: "is required; " + why}},
	}
}
