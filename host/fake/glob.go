package fake

import "strings"

// glob reports whether text matches pattern, in which "*" stands for any
// characters and a backslash takes the next character as it is. It takes time
// in proportion to both lengths at worst.
func glob(pattern, text string) bool {
	parts := split(pattern)
	first, rest := parts[0], parts[1:]
	if len(rest) == 0 {
		return first == text
	}
	if !strings.HasPrefix(text, first) {
		return false
	}
	text = text[len(first):]
	last := rest[len(rest)-1]
	for _, part := range rest[:len(rest)-1] {
		at := strings.Index(text, part)
		if at < 0 {
			return false
		}
		text = text[at+len(part):]
	}
	return strings.HasSuffix(text, last)
}

// split returns what lies between the stars, escapes undone.
func split(pattern string) []string {
	var parts []string
	var part strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\' && i+1 < len(pattern) && (pattern[i+1] == '*' || pattern[i+1] == '\\'):
			i++
			part.WriteByte(pattern[i])
		case c == '*':
			parts = append(parts, part.String())
			part.Reset()
		default:
			part.WriteByte(c)
		}
	}
	return append(parts, part.String())
}

func hasStar(pattern string) bool { return len(split(pattern)) > 1 }

// unescape returns the text that a pattern without a star stands for.
func unescape(pattern string) string { return split(pattern)[0] }

var escaper = strings.NewReplacer(`\`, `\\`, `*`, `\*`)

// escape returns the pattern that stands for text alone.
func escape(text string) string { return escaper.Replace(text) }
