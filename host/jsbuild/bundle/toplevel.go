package bundle

import (
	"regexp"
	"strings"
)

// tokens are what a scan for the depth of code goes by: comments, strings,
// templates and regular expressions, which hide braces, and braces.
var tokens = regexp.MustCompile("(?s)//[^\n]*|/\\*.*?\\*/|\"(?:[^\"\\\\\n]|\\\\.)*\"|'(?:[^'\\\\\n]|\\\\.)*'|`(?:[^`\\\\]|\\\\.)*`|[(,=:\\[!&|?{};\n]\\s*/(?:[^/\\\\\\[\n]|\\\\.|\\[(?:[^\\]\\\\\n]|\\\\.)*\\])+/|[{}]")

// requiresFirst reports whether CommonJS code requires path when it is loaded, and
// not in a function. It goes by braces, so a wrapper around the whole file hides its
// requires.
func requiresFirst(code, path string) bool {
	if path == "" {
		return false
	}
	depth, from := 0, 0
	for _, at := range tokens.FindAllStringIndex(code, -1) {
		token := code[at[0]:at[1]]
		switch {
		case token == "{":
			depth++
		case token == "}":
			depth--
		case depth == 0 && len(token) == len(path)+2 && token[1:len(token)-1] == path && requireCall.MatchString(code[from:at[0]]):
			return true
		case strings.HasSuffix(token, "/") && token[0] == '{':
			depth++ // a regular expression after the brace
		case strings.HasSuffix(token, "/") && token[0] == '}':
			depth--
		}
		from = max(at[1]-1, 0)
	}
	return false
}

// requireCall finds a call of require before its argument.
var requireCall = regexp.MustCompile(`\brequire\s*\(\s*$`)
