package jsscan

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

type kind int

const (
	word   kind = iota // an identifier, a keyword or a number
	str                // a string, or a template without expressions
	broken             // the part of a template before its first expression
	sign               // one character of punctuation; "?." is one too
)

type token struct {
	kind kind
	text string // of a string: its value, with escapes as written
}

func (t token) is(k kind, text string) bool { return t.kind == k && t.text == text }

// lexer divides code into tokens. It is for looking, not for running: what is no
// JavaScript gives tokens all the same.
type lexer struct {
	code   string
	at     int
	tokens []token
	nested []int // the depths of braces at which templates go on
	depth  int
}

func tokens(code string) []token {
	l := &lexer{code: code}
	for l.at < len(code) {
		l.next()
	}
	return l.tokens
}

func (l *lexer) add(k kind, text string) { l.tokens = append(l.tokens, token{k, text}) }

func (l *lexer) next() {
	rest := l.code[l.at:]
	r, size := utf8.DecodeRuneInString(rest)
	switch {
	case strings.HasPrefix(rest, "//"):
		l.skipTo("\n")
	case strings.HasPrefix(rest, "/*"):
		l.at += 2
		l.skipTo("*/")
	case unicode.IsSpace(r):
		l.at += size
	case r == '"' || r == '\'':
		l.quoted(r)
	case r == '`':
		l.at++
		l.template(true)
	case r == '/' && l.startsPattern():
		l.pattern()
	case isWord(r):
		n := strings.IndexFunc(rest, func(r rune) bool { return !isWord(r) })
		if n < 0 {
			n = len(rest)
		}
		l.add(word, rest[:n])
		l.at += n
	default:
		l.punctuation(rest, size)
	}
}

func isWord(r rune) bool { return r == '_' || r == '$' || unicode.IsLetter(r) || unicode.IsDigit(r) }

func (l *lexer) skipTo(end string) {
	if i := strings.Index(l.code[l.at:], end); i >= 0 {
		l.at += i + len(end)
		return
	}
	l.at = len(l.code)
}

func (l *lexer) punctuation(rest string, size int) {
	if strings.HasPrefix(rest, "?.") {
		l.add(sign, "?.")
		l.at += 2
		return
	}
	l.add(sign, rest[:size])
	l.at += size
	switch rest[0] {
	case '{':
		l.depth++
	case '}':
		l.depth--
		if n := len(l.nested); n > 0 && l.nested[n-1] == l.depth {
			l.nested = l.nested[:n-1]
			l.template(false)
		}
	}
}

// quoted reads a string. One that does not end ends with its line.
func (l *lexer) quoted(quote rune) {
	l.at++
	start := l.at
	for l.at < len(l.code) && l.code[l.at] != byte(quote) && l.code[l.at] != '\n' {
		if l.code[l.at] == '\\' {
			l.at++
		}
		l.at++
	}
	l.at = min(l.at, len(l.code))
	l.add(str, l.code[start:l.at])
	l.at++
}

// template reads a template up to its end or its next expression. Only the part up to
// the first expression is a token.
func (l *lexer) template(first bool) {
	start := l.at
	for l.at < len(l.code) && l.code[l.at] != '`' {
		if strings.HasPrefix(l.code[l.at:], "${") {
			if first {
				l.add(broken, l.code[start:l.at])
			}
			l.at += 2
			l.nested = append(l.nested, l.depth)
			l.depth++
			return
		}
		if l.code[l.at] == '\\' {
			l.at++
		}
		l.at++
	}
	l.at = min(l.at, len(l.code))
	if first {
		l.add(str, l.code[start:l.at])
	}
	l.at++
}

// operators are words after which a slash begins a regular expression.
var operators = []string{"return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "else", "do", "await", "yield", "instanceof"}

func (l *lexer) startsPattern() bool {
	if len(l.tokens) == 0 {
		return true
	}
	last := l.tokens[len(l.tokens)-1]
	switch last.kind {
	case word:
		return slices.Contains(operators, last.text)
	case sign:
		return !strings.Contains(")]}", last.text)
	}
	return false
}

// pattern skips a regular expression.
func (l *lexer) pattern() {
	l.at++
	class := false
	for ; l.at < len(l.code) && l.code[l.at] != '\n'; l.at++ {
		switch c := l.code[l.at]; {
		case c == '\\':
			l.at++
		case c == '[':
			class = true
		case c == ']':
			class = false
		case c == '/' && !class:
			l.at++
			l.add(sign, ")") // what follows continues an expression
			return
		}
	}
}
