package host

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

// A name or an id is shown in tables, logs and terminals. A character that does
// something there instead of standing for itself forges what people see: control
// characters move the cursor and begin rows, bidirectional controls turn the order
// of letters around, and invisible ones make two names look alike.

// Printable reports whether r stands for itself wherever a text is shown. Joiners
// do, which Persian and emoji are written with; other control and format
// characters and the separators of lines do not.
func Printable(r rune) bool {
	if r < utf8.RuneSelf {
		return ' ' <= r && r <= '~'
	}
	const zeroWidthNonJoiner, zeroWidthJoiner = '\u200c', '\u200d'
	switch {
	case r == zeroWidthNonJoiner, r == zeroWidthJoiner, unicode.Is(unicode.Prepended_Concatenation_Mark, r):
		return true
	case r > unicode.MaxRune, r&0xfffe == 0xfffe: // no characters
		return false
	}
	return !unicode.In(r, unicode.Cc, unicode.Cf, unicode.Cs, unicode.Zl, unicode.Zp)
}

// Unprintable says what is wrong with a name or an id that people get to see:
// its first character that is not [Printable], as in "must have no control
// characters and none that can't be seen, but has U+202E". It returns "" when all
// is well.
func Unprintable(s string) string {
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !isReplacement(s[i:]):
			return "must be UTF-8"
		case !Printable(r):
			return fmt.Sprintf("must have no control characters and none that can't be seen, but has %U", r)
		}
	}
	return ""
}

// isReplacement tells U+FFFD from bytes that are no UTF-8.
func isReplacement(s string) bool {
	_, size := utf8.DecodeRuneInString(s)
	return size > 1
}
