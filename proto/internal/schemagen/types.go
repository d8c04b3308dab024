package main

import (
	"embed"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"google.golang.org/protobuf/compiler/protogen"

	usherv1 "github.com/usherhost/usher/proto/usher/v1"
)

// apiTypes is, by trigger, what an action of it is handed beside its event. That has
// functions, and so no message. cache.d.ts is part of all of them.
//
//go:embed *.d.ts
var apiTypes embed.FS

const typesHeader = `// Code generated from usher/v1/event.proto by schemagen. DO NOT EDIT.

// The event of the trigger %q, and what an action of it is
// handed.
//
// A field with a question mark may be missing. One without is there by
// contract; the host itself insists on %s only.

declare global {
  /** What one action has: ` + "`usher types`" + ` adds the names of its secrets and of its configuration. */
  namespace Usher {
    /** The secrets that the action declares: in action.yaml, or in its .env. */
    interface Secrets {}
    /** The configuration of the action: settings.config in action.yaml. */
    interface Configuration {}
  }
}

`

// typesOf returns the TypeScript declaration of a trigger's event.
func typesOf(event *protogen.Message, trigger string) ([]byte, error) {
	messages, err := reachable(event)
	if err != nil {
		return nil, err
	}
	var out strings.Builder
	fmt.Fprintf(&out, typesHeader, trigger, strings.Join(requiredPaths(event, ""), " and "))
	for _, m := range messages {
		writeInterface(&out, m, m == event)
	}
	fmt.Fprintf(&out, "/** The event of the trigger, under a short name. */\nexport type Event = %s;\n\n", typeName(event))
	for _, name := range []string{trigger + ".api.d.ts", "cache.d.ts"} {
		text, err := apiTypes.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("what actions of %s are handed: %w", trigger, err)
		}
		if name == "cache.d.ts" {
			out.WriteByte('\n')
		}
		out.Write(text)
	}
	return []byte(out.String()), nil
}

// requiredPaths lists the paths that a sender must send, the longest ones.
func requiredPaths(m *protogen.Message, prefix string) []string {
	var paths []string
	for _, f := range m.Fields {
		if fieldRules(f).GetPresence() != usherv1.Presence_PRESENCE_REQUIRED {
			continue
		}
		path := prefix + f.Desc.JSONName()
		var below []string
		if f.Message != nil {
			below = requiredPaths(f.Message, path+".")
		}
		if len(below) == 0 {
			below = []string{path}
		}
		paths = append(paths, below...)
	}
	return paths
}

// named are the fields of an event whose keys only the action knows, and the interfaces
// that have them.
var named = map[string]string{"secrets": "Usher.Secrets", "configuration": "Usher.Configuration"}

// writeInterface declares what is known of a message. What else a sender may put there is
// not declared, or no misspelt name would be found; an author can add it to the interface.
func writeInterface(out *strings.Builder, m *protogen.Message, event bool) {
	writeComment(out, "", comment(m.Comments))
	fmt.Fprintf(out, "export interface %s {\n", typeName(m))
	for _, f := range m.Fields {
		typ := fieldType(f)
		if own, is := named[f.Desc.JSONName()]; event && is {
			typ = own
		}
		writeComment(out, "  ", comment(f.Comments))
		fmt.Fprintf(out, "  %s%s: %s;\n", propertyName(f.Desc.JSONName()), questionMark(f), typ)
	}
	out.WriteString("}\n\n")
}

var identifier = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_$]*$`)

func propertyName(name string) string {
	if identifier.MatchString(name) {
		return name
	}
	return strconv.Quote(name)
}

func questionMark(f *protogen.Field) string {
	if fieldRules(f).GetPresence() == usherv1.Presence_PRESENCE_UNSPECIFIED {
		return "?"
	}
	return ""
}

func fieldType(f *protogen.Field) string {
	out := valueType(f)
	switch {
	case f.Desc.IsList() && strings.Contains(out, "|"):
		out = "(" + out + ")[]"
	case f.Desc.IsList():
		out += "[]"
	case f.Desc.IsMap():
		out = "{ [key: string]: " + out + " }"
	}
	if fieldRules(f).GetNullable() {
		out += " | null"
	}
	return out
}

func valueType(f *protogen.Field) string {
	value := element(f)
	k, _ := kindOf(value) // reachable has refused the rest
	switch k {
	case kindString:
		return stringType(fieldRules(f).GetKnownValues())
	case kindBoolean:
		return "boolean"
	case kindNumber:
		return "number"
	case kindDict:
		return "{ [key: string]: any }"
	case kindAny:
		return "any"
	default:
		return typeName(value.Message)
	}
}

// stringType is a union of what is known, widened so that a value that is new
// still fits, while editors offer those that are known.
func stringType(known []string) string {
	if len(known) == 0 {
		return "string"
	}
	var out strings.Builder
	for _, value := range known {
		out.WriteString(strconv.Quote(value) + " | ")
	}
	return out.String() + "(string & {})"
}

// writeComment writes a doc comment, wrapped at 80 columns.
func writeComment(out *strings.Builder, indent, text string) {
	if oneLine := indent + "/** " + text + " */"; len(oneLine) <= 80 && !strings.Contains(text, "\n") {
		out.WriteString(oneLine + "\n")
		return
	}
	out.WriteString(indent + "/**\n")
	for i, paragraph := range strings.Split(text, "\n") {
		if i > 0 {
			out.WriteString(indent + " *\n")
		}
		writeWrapped(out, indent+" *", paragraph)
	}
	out.WriteString(indent + " */\n")
}

func writeWrapped(out *strings.Builder, prefix, text string) {
	line := prefix
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > 80 && line != prefix {
			out.WriteString(line + "\n")
			line = prefix
		}
		line += " " + word
	}
	out.WriteString(line + "\n")
}
