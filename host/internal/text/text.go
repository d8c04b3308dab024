// Package text has the small helpers that several packages need to read and
// write strings for people, shells and HTTP: quoting, cutting, near names and
// waiting times. It uses the standard library alone; digests and JSON pointers
// are the domain's, in package host.
package text

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// ShellQuote returns s as one word of a POSIX shell. Only a word of letters,
// digits and _ . : / @ - stays as it is.
func ShellQuote(s string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:/@-"
	if s != "" && strings.Trim(s, plain) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// cutMark begins the mark of a string that was cut.
const cutMark = "… (cut: it had "

// Cut returns s as a string, or its first bytes, most at most, and a mark that
// states its length. No character is cut in two. A string that was cut before
// keeps the mark that it has, with its first length.
func Cut[T string | []byte](s T, most int) string {
	if len(s) <= most {
		return string(s)
	}
	end := most
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return string(s[:end]) + CutMark(s)
}

// CutMark returns the mark that [Cut] adds to s.
func CutMark[T string | []byte](s T) string {
	tail := string(s[max(0, len(s)-2*len(cutMark)):])
	if at := strings.LastIndex(tail, cutMark); at >= 0 {
		return tail[at:]
	}
	return SizeMark(len(s))
}

// SizeMark returns the mark for a string of size bytes that was cut.
func SizeMark(size int) string { return fmt.Sprintf("%s%d bytes)", cutMark, size) }
