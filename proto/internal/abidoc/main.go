// Command abidoc writes abi/README.md, the host functions as a page for people,
// from abi/abi.json. It runs in the folder proto.
package main

import (
	_ "embed"
	"fmt"
	"os"
	"strings"

	"github.com/usherhost/usher/proto"
)

//go:embed intro.md
var intro string

func main() {
	if err := os.WriteFile("abi/README.md", []byte(page()), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "abidoc:", err)
		os.Exit(1)
	}
}

func page() string {
	var out strings.Builder
	out.WriteString(intro)
	var section string
	for _, f := range proto.ABI() {
		if heading := strings.Join(f.Namespaces, ", "); heading != section {
			section = heading
			fmt.Fprintf(&out, "\n## %s\n\n| Function | Input | Output | Limits |\n|---|---|---|---|\n", code(f.Namespaces))
		}
		fmt.Fprintf(&out, "| `%s`<br>%s | %s | %s | %s |\n", signature(f), cell(f.Summary), cell(f.Request), cell(f.Answer), code(f.Limits))
	}
	out.WriteString("\n## Errors as values\n\n| Function | Code | When |\n|---|---|---|\n")
	for _, f := range proto.ABI() {
		for _, e := range f.Errors {
			fmt.Fprintf(&out, "| `%s` | `%s` | %s |\n", f.Name, e.Code, cell(e.When))
		}
	}
	return out.String()
}

// signature returns a function as "name(param type, …) → type".
func signature(f proto.Function) string {
	var params []string
	for _, p := range f.Params {
		params = append(params, p.Name+" "+p.Type)
	}
	text := f.Name + "(" + strings.Join(params, ", ") + ")"
	for _, r := range f.Results {
		text += " → " + r.Type
	}
	return text
}

func code(names []string) string {
	if len(names) == 0 {
		return "–"
	}
	return "`" + strings.Join(names, "`, `") + "`"
}

func cell(text string) string {
	if text == "" {
		return "–"
	}
	return strings.ReplaceAll(text, "|", `\|`)
}
