package main

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	usherv1 "github.com/usherhost/usher/proto/usher/v1"
)

// kind is a field's place in JSON, without regard to lists and maps.
type kind int

const (
	kindMessage kind = iota // an object of a message of ours
	kindString
	kindBoolean
	kindNumber
	kindDict // an object with any keys
	kindAny
)

func messageRules(m *protogen.Message) *usherv1.MessageRules {
	rules, _ := proto.GetExtension(m.Desc.Options(), usherv1.E_Message).(*usherv1.MessageRules)
	return rules
}

func fieldRules(f *protogen.Field) *usherv1.FieldRules {
	rules, _ := proto.GetExtension(f.Desc.Options(), usherv1.E_Field).(*usherv1.FieldRules)
	return rules
}

// element returns the field that has the type of f's values: f itself, or of
// a map the field of its values.
func element(f *protogen.Field) *protogen.Field {
	if f.Desc.IsMap() {
		return f.Message.Fields[1]
	}
	return f
}

func kindOf(f *protogen.Field) (kind, error) {
	switch f.Desc.Kind() {
	case protoreflect.StringKind:
		return kindString, nil
	case protoreflect.BoolKind:
		return kindBoolean, nil
	case protoreflect.DoubleKind:
		return kindNumber, nil
	case protoreflect.MessageKind:
		switch f.Message.Desc.FullName() {
		case "google.protobuf.Struct":
			return kindDict, nil
		case "google.protobuf.Value":
			return kindAny, nil
		default:
			return kindMessage, nil
		}
	default:
		return 0, fmt.Errorf("field %s: events have no type %s in JSON", f.Desc.FullName(), f.Desc.Kind())
	}
}

// reachable returns root and every message below it, in the order in which a
// reader meets them.
func reachable(root *protogen.Message) ([]*protogen.Message, error) {
	var all []*protogen.Message
	var visit func(m *protogen.Message) error
	visit = func(m *protogen.Message) error {
		if slices.Contains(all, m) {
			return nil
		}
		all = append(all, m)
		for _, f := range m.Fields {
			value := element(f)
			k, err := kindOf(value)
			if err != nil {
				return err
			}
			if k == kindMessage {
				if err := visit(value.Message); err != nil {
					return err
				}
			}
		}
		return nil
	}
	err := visit(root)
	return all, err
}

// typeName is the message's own name, without those it is nested in.
func typeName(m *protogen.Message) string { return string(m.Desc.Name()) }

// comment returns what is written above a declaration, one line a paragraph.
func comment(set protogen.CommentSet) string {
	var paragraphs []string
	for _, p := range strings.Split(strings.TrimSpace(string(set.Leading)), "\n\n") {
		paragraphs = append(paragraphs, strings.Join(strings.Fields(p), " "))
	}
	return strings.Join(paragraphs, "\n")
}
