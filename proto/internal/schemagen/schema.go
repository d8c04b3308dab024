package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"google.golang.org/protobuf/compiler/protogen"

	usherv1 "github.com/usherhost/usher/proto/usher/v1"
)

// schema is a JSON Schema, its keywords in the order in which they are read.
type schema struct {
	Schema               string     `json:"$schema,omitempty"`
	ID                   string     `json:"$id,omitempty"`
	Ref                  string     `json:"$ref,omitempty"`
	Title                string     `json:"title,omitempty"`
	Description          string     `json:"description,omitempty"`
	Type                 any        `json:"type,omitempty"`
	AnyOf                []*schema  `json:"anyOf,omitempty"`
	MinLength            uint32     `json:"minLength,omitempty"`
	MaxLength            uint32     `json:"maxLength,omitempty"`
	Examples             []string   `json:"examples,omitempty"`
	Items                *schema    `json:"items,omitempty"`
	Properties           properties `json:"properties,omitempty"`
	Required             []string   `json:"required,omitempty"`
	AdditionalProperties any        `json:"additionalProperties,omitempty"`
	Defs                 properties `json:"$defs,omitempty"`
}

// properties is an object of schemas that keeps its order.
type properties []property

type property struct {
	name   string
	schema *schema
}

// MarshalJSON writes the properties in their order.
func (p properties) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	for i, property := range p {
		value, err := encode(property.schema)
		if err != nil {
			return nil, err
		}
		out.WriteByte("{,"[min(i, 1)])
		fmt.Fprintf(&out, "%q:%s", property.name, value)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// schemaOf returns the JSON Schema of a trigger's event. The event is its root,
// the messages below it are definitions.
func schemaOf(event *protogen.Message, trigger string) ([]byte, error) {
	messages, err := reachable(event)
	if err != nil {
		return nil, err
	}
	root := objectSchema(event)
	root.Schema = "https://json-schema.org/draft/2020-12/schema"
	root.ID = "urn:usher:event:" + trigger
	for _, m := range messages[1:] {
		root.Defs = append(root.Defs, property{typeName(m), objectSchema(m)})
	}
	text, err := encode(root)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, text, "", "  "); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

func objectSchema(m *protogen.Message) *schema {
	out := &schema{
		Title:                typeName(m),
		Description:          comment(m.Comments),
		Type:                 "object",
		AdditionalProperties: messageRules(m).GetOpen(),
	}
	for _, f := range m.Fields {
		out.Properties = append(out.Properties, property{f.Desc.JSONName(), fieldSchema(f)})
		if fieldRules(f).GetPresence() == usherv1.Presence_PRESENCE_REQUIRED {
			out.Required = append(out.Required, f.Desc.JSONName())
		}
	}
	return out
}

func fieldSchema(f *protogen.Field) *schema {
	out := valueSchema(f)
	switch {
	case f.Desc.IsList():
		out = &schema{Type: "array", Items: out}
	case f.Desc.IsMap():
		out = &schema{Type: "object", AdditionalProperties: out}
	}
	if fieldRules(f).GetNullable() {
		out = nullable(out)
	}
	out.Description = comment(f.Comments)
	return out
}

// nullable lets null through beside what s lets through.
func nullable(s *schema) *schema {
	if s.Ref != "" {
		return &schema{AnyOf: []*schema{s, {Type: "null"}}}
	}
	s.Type = []any{s.Type, "null"}
	return s
}

func valueSchema(f *protogen.Field) *schema {
	rules, value := fieldRules(f), element(f)
	k, _ := kindOf(value) // reachable has refused the rest
	switch k {
	case kindString:
		return &schema{Type: "string", MinLength: rules.GetMinChars(), MaxLength: rules.GetMaxChars(), Examples: rules.GetKnownValues()}
	case kindBoolean:
		return &schema{Type: "boolean"}
	case kindNumber:
		return &schema{Type: "number"}
	case kindDict:
		return &schema{Type: "object", AdditionalProperties: true}
	case kindAny:
		return &schema{}
	default:
		return &schema{Ref: "#/$defs/" + typeName(value.Message)}
	}
}

// encode writes v as JSON and leaves <, > and & as they are.
func encode(v any) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(out.Bytes()), nil
}
