package tape

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"unicode/utf8"

	"github.com/usherhost/usher/host/redact"
)

// placeholder returns what stands for a value where code must go on with it: of the
// same length and kind of characters, and with the same form (a URL, JSON, an address),
// but with the letters and digits that token gives. Of a secret, what redact takes for
// public stays.
func placeholder(token, value string, secret bool) string {
	letters := &letters{seed: token}
	if isDocument(value) {
		return string(rewrite([]byte(value), nil, func(l leaf) leaf {
			l.value = scramble(letters, l.value, keptIn(l.value, secret), secret && !l.number)
			return l
		}))
	}
	return scramble(letters, value, keptIn(value, secret), secret)
}

// keptIn reports for each byte of a value whether it stays.
func keptIn(value string, secret bool) []bool {
	kept := make([]bool, len(value))
	whole := secret
	if secret {
		for i, public := range redact.Public(value) {
			kept[i] = public
			whole = whole && public
		}
	}
	if whole { // then there is nothing else that is secret
		clear(kept)
		for _, scheme := range []string{"https://", "http://"} {
			for i := range scheme {
				if strings.HasPrefix(value, scheme) {
					kept[i] = true
				}
			}
		}
	}
	if isNumber(value) {
		for i := range value {
			kept[i] = kept[i] || value[i]|0x20 == 'e'
		}
	}
	if strings.Contains(value, "-----BEGIN ") { // the lines around a key in PEM
		at := 0
		for line := range strings.Lines(value) {
			for i := range line {
				kept[at+i] = kept[at+i] || strings.HasPrefix(line, "-----")
			}
			at += len(line)
		}
	}
	return kept
}

// letters gives numbers that depend on its seed alone.
type letters struct {
	seed  string
	block [sha256.Size]byte
	at    int
	turn  uint64
}

// below returns a number from 0 to n-1.
func (l *letters) below(n int) int {
	if l.at%len(l.block) == 0 {
		l.block = sha256.Sum256(binary.LittleEndian.AppendUint64([]byte(l.seed), l.turn))
		l.turn, l.at = l.turn+1, 0
	}
	b := l.block[l.at]
	l.at++
	return int(b) % n
}

// scramble replaces letters and digits, and of a secret that has few of them, all.
func scramble(l *letters, value string, kept []bool, secret bool) string {
	alphabet, all := 26, secret && !mostlyLetters(value)
	if isHex(value) {
		alphabet = 6
	}
	var b strings.Builder
	for i := 0; i < len(value); {
		_, size := utf8.DecodeRuneInString(value[i:])
		switch {
		case kept[i]:
			b.WriteString(value[i : i+size])
		case size == 1:
			b.WriteByte(l.byte(value[i], alphabet, all))
		default:
			b.WriteRune(l.rune(size))
		}
		i += size
	}
	return b.String()
}

// byte returns what stands for a byte: one of its kind.
func (l *letters) byte(c byte, alphabet int, signs bool) byte {
	switch {
	case '0' <= c && c <= '9':
		return byte('1' + l.below(9))
	case 'A' <= c && c <= 'Z':
		return byte('A' + l.below(alphabet))
	case 'a' <= c && c <= 'z':
		return byte('a' + l.below(alphabet))
	case c >= utf8.RuneSelf: // no character
		return byte(0x80 + l.below(0x40))
	case signs:
		return alike(l, c)
	}
	return c
}

// rune returns a character of so many bytes.
func (l *letters) rune(size int) rune {
	switch size {
	case 2:
		return '\u00e0' + rune(l.below(23))
	case 3:
		return '\u4e00' + rune(l.below(256))
	}
	return '\U0001f600' + rune(l.below(48))
}

// signs are those that JSON, percent-encoding and the forms of URLs write alike.
var signs = []string{`"\`, "<>&", "!'()*", "-_.", "#$%+,/:;=?@[]^`{|}"}

// alike returns a sign that encodings write as long as this one.
func alike(l *letters, sign byte) byte {
	for _, s := range signs {
		if strings.IndexByte(s, sign) >= 0 {
			return s[l.below(len(s))]
		}
	}
	return sign
}

// mostlyLetters reports whether at least half of a value are letters and digits.
func mostlyLetters(value string) bool {
	n := 0
	for i := range len(value) {
		if c := value[i]; '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' || c >= utf8.RuneSelf {
			n++
		}
	}
	return 2*n >= len(value)
}

// isHex reports whether all letters of a value are digits of hexadecimal numbers.
func isHex(value string) bool {
	for i := range len(value) {
		if c := value[i] | 0x20; 'g' <= c && c <= 'z' {
			return false
		}
	}
	return true
}
