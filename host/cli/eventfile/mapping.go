package eventfile

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/proto"
)

// Mapping says which field of events a column is.
type Mapping struct {
	Column string   // its header
	Field  []string // the keys of the field; nil: the column is ignored
	Kind   string   // of its values, one of kinds; "" is by the contract, or string
}

// The kinds of values.
const (
	kindString  = "string"
	kindNumber  = "number"
	kindBoolean = "boolean"
	kindJSON    = "json"
	kindIgnored = "ignored"
)

var kinds = []string{kindString, kindNumber, kindBoolean, kindJSON}

// ParseMapping reads COLUMN=FIELD or COLUMN=FIELD:KIND, such as seats=user.app_metadata.seats:number;
// COLUMN= ignores a column. Its error says what is wrong with text.
func ParseMapping(text string) (Mapping, error) {
	name, field, found := strings.Cut(text, "=")
	if !found || name == "" {
		return Mapping{}, fmt.Errorf("%q is not COLUMN=FIELD, such as mail=user.email", text)
	}
	m := Mapping{Column: name}
	if field == "" {
		return m, nil
	}
	if at := strings.LastIndex(field, ":"); at >= 0 {
		m.Kind, field = field[at+1:], field[:at]
		if !slices.Contains(kinds, m.Kind) {
			return Mapping{}, fmt.Errorf("%q: the kind %q is none of %s", text, m.Kind, strings.Join(kinds, ", "))
		}
	}
	var err error
	m.Field, err = host.ParseFieldPath(field)
	return m, err
}

// assign finds the field of a column: as it is mapped, or by its header: a path such as
// user.email, or the name of a member of user.
func (c *column) assign(contract contract, columns []Mapping, mapped map[string]bool) error {
	for _, m := range columns {
		if m.Column != c.header {
			continue
		}
		if mapped[m.Column] {
			return fmt.Errorf("the CSV has two columns %q", c.header)
		}
		mapped[m.Column] = true
		c.field, c.kind = m.Field, m.Kind
		if m.Field == nil {
			c.kind = kindIgnored
			return nil
		}
	}
	if c.field == nil {
		c.field = contract.fieldOf(c.header)
	}
	if c.field != nil && c.kind == "" {
		c.kind = contract.kindOf(c.field)
	}
	return nil
}

// value reads a value of the column.
func (c *column) value(text string) (any, error) {
	switch c.kind {
	case kindNumber:
		n := json.Number(strings.TrimSpace(text))
		if _, err := strconv.ParseFloat(n.String(), 64); err != nil || !json.Valid([]byte(n)) {
			return nil, fmt.Errorf("%q is not a number", text)
		}
		return n, nil
	case kindBoolean:
		switch strings.ToLower(strings.TrimSpace(text)) {
		case "true", "1", "yes", "t", "y":
			return true, nil
		case "false", "0", "no", "f", "n":
			return false, nil
		}
		return nil, fmt.Errorf("%q is not true or false", text)
	case kindJSON:
		if !json.Valid([]byte(text)) {
			return nil, fmt.Errorf("%q is not JSON", text)
		}
		return json.RawMessage(text), nil
	}
	return text, nil
}

// contract is what a trigger's schema says of its events.
type contract struct {
	root schema
	defs map[string]schema
}

type schema struct {
	Ref        string            `json:"$ref"`
	Type       any               `json:"type"` // a string, or several
	Properties map[string]schema `json:"properties"`
	Defs       map[string]schema `json:"$defs"`
}

func contractOf(trigger string) contract {
	var c contract
	if json.Unmarshal(proto.EventSchema(trigger), &c.root) != nil {
		return contract{}
	}
	c.defs = c.root.Defs
	return c
}

// resolved follows a reference.
func (c contract) resolved(s schema) schema {
	for s.Ref != "" {
		s = c.defs[strings.TrimPrefix(s.Ref, "#/$defs/")]
	}
	return s
}

// fieldOf returns the field that a header is, nil when it is none: letter case, blanks and
// hyphens make no difference.
func (c contract) fieldOf(header string) []string {
	name := strings.NewReplacer(" ", "_", "-", "_").Replace(header)
	keys, err := host.ParseFieldPath(name)
	if err != nil {
		return nil
	}
	if len(keys) == 1 {
		if field := c.member([]string{"user"}, name); field != "" {
			return []string{"user", field}
		}
		return nil
	}
	if c.member(nil, keys[0]) != "" {
		return keys
	}
	switch member := c.member([]string{"user"}, keys[0]); member {
	case "app_metadata", "user_metadata":
		return append([]string{"user"}, keys...)
	}
	return nil
}

// member returns the name of a member of the object at a path, "" when it has none.
func (c contract) member(path []string, name string) string {
	at := c.resolved(c.root)
	for _, key := range path {
		at = c.resolved(at.Properties[key])
	}
	if _, ok := at.Properties[name]; ok {
		return name
	}
	for other := range at.Properties {
		if strings.EqualFold(other, name) && other == strings.ToLower(other) {
			return other
		}
	}
	return ""
}

// kindOf returns the kind of a field's values: string where the contract leaves it open.
func (c contract) kindOf(path []string) string {
	at := c.resolved(c.root)
	for _, key := range path {
		at = c.resolved(at.Properties[key])
	}
	types := fmt.Sprint(at.Type)
	switch {
	case strings.Contains(types, "string"):
		return kindString
	case strings.Contains(types, "boolean"):
		return kindBoolean
	case strings.Contains(types, "integer"), strings.Contains(types, "number"):
		return kindNumber
	case strings.Contains(types, "object"), strings.Contains(types, "array"):
		return kindJSON
	}
	return kindString
}
