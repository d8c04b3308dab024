package redact

import (
	"bytes"
	"html"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// decoder puts into out what one form in a view stands for, and reports whether
// anything there has the form. Least is the number of bytes below which what is
// encoded does not matter.
type decoder struct {
	form   traits
	decode func(out, in *view, least int) bool
}

var decoders = []decoder{
	{backslashes, escapes('\\', backslash)},
	{percents, escapes('%', percent)},
	{references, escapes('&', reference)},
	{equalSigns, escapes('=', quotedPrintable)},
	{base64Runs, base64From(0)},
	{base64Runs, base64From(1)},
	{base64Runs, base64From(2)},
	{base64Runs, base64From(3)},
	{hexRuns, hexFrom(0)},
	{hexRuns, hexFrom(1)},
	{partedBytes, partedHex},
	{partedBytes, decimals},
}

// traits are the forms that a view may have.
type traits uint8

const (
	backslashes traits = 1 << iota
	percents
	references
	equalSigns
	base64Runs  // long enough runs of base64
	hexRuns     // likewise
	partedBytes // enough words that may be numbers
	word        // of one byte: it belongs to a word
)

// ofByte has the signs of forms, base64Runs and hexRuns for the digits of those.
var ofByte = func() (t [256]traits) {
	for i := range t {
		if base64Digits[i] >= 0 {
			t[i] |= base64Runs
		}
		if hexDigits[i] >= 0 {
			t[i] |= hexRuns
		}
		if isWord(byte(i)) {
			t[i] |= word
		}
	}
	t['\\'], t['%'], t['&'], t['='] = backslashes, percents, references, equalSigns
	return t
}()

// survey looks through a view once, so that only the decoders run which find
// something. It leaves the view's runs of digits, those that are long enough to
// stand for as many bytes as count.
func (v *view) survey(least int) traits {
	v.base64, v.hex = v.base64[:0], v.hex[:0]
	var all, last traits
	base64Least, hexLeast, numbers := (least*8+5)/6, 2*least, least
	base64At, hexAt := 0, 0 // where the present runs began
	end := func(i int) {
		if i-base64At >= base64Least {
			v.base64, all = append(v.base64, span{int32(base64At), int32(i)}), all|base64Runs
		}
	}
	endHex := func(i int) {
		if i-hexAt >= hexLeast {
			v.hex, all = append(v.hex, span{int32(hexAt), int32(i)}), all|hexRuns
		}
	}
	for i, b := range v.data {
		t := ofByte[b]
		switch {
		case t&hexRuns != 0:
			if last&word == 0 {
				numbers--
			}
		case t&base64Runs != 0:
			endHex(i)
			hexAt = i + 1
		default:
			all |= t & (backslashes | percents | references | equalSigns)
			endHex(i)
			end(i)
			base64At, hexAt = i+1, i+1
		}
		last = t
	}
	endHex(len(v.data))
	end(len(v.data))
	if numbers <= 0 {
		all |= partedBytes
	}
	return all
}

// escapes returns the decoder of a form in which a sign begins what stands for
// other bytes. One returns these, and how many bytes of data stand for them; 0
// when the sign stands for itself.
func escapes(sign byte, one func(data, room []byte) ([]byte, int)) func(out, in *view, least int) bool {
	return func(out, in *view, _ int) bool {
		var room [utf8.UTFMax]byte
		decoded := false
		for i := 0; i < len(in.data); {
			meant, n := []byte(nil), 0
			if in.data[i] == sign {
				meant, n = one(in.data[i:], room[:0])
			}
			if n == 0 {
				meant, n = append(room[:0], in.data[i]), 1
			} else {
				decoded = true
			}
			for _, b := range meant {
				if b != '\r' {
					out.put(b, in, i, i+n)
				}
			}
			i += n
		}
		return decoded
	}
}

var controls = map[byte]byte{'n': '\n', 'r': '\r', 't': '\t', 'b': '\b', 'f': '\f', 'v': '\v', 'a': '\a'}

// backslash reads an escape of JSON, JavaScript, Go, Python, C or a shell.
func backslash(data, room []byte) ([]byte, int) {
	if len(data) < 2 {
		return nil, 0
	}
	switch c := data[1]; c {
	case 'x':
		if n, ok := hexNumber(data, 2, 2); ok {
			return append(room, byte(n)), 4
		}
	case 'U':
		if n, ok := hexNumber(data, 2, 8); ok {
			return utf8.AppendRune(room, rune(n)), 10
		}
	case 'u':
		return unicodeEscape(data, room)
	case '0', '1', '2', '3', '4', '5', '6', '7':
		return octal(data, room)
	default:
		if control, ok := controls[c]; ok {
			return append(room, control), 2
		}
	}
	return append(room, data[1]), 2
}

// octal reads up to three digits that stand for a byte.
func octal(data, room []byte) ([]byte, int) {
	n, end := 0, 1
	for ; end < min(len(data), 4) && '0' <= data[end] && data[end] <= '7' && n < 32; end++ {
		n = n<<3 | int(data[end]-'0')
	}
	return append(room, byte(n)), end
}

// unicodeEscape reads \uXXXX, two of them for one character, and \u{X}.
func unicodeEscape(data, room []byte) ([]byte, int) {
	if n, ok := hexNumber(data, 2, 4); ok {
		if low, ok := hexNumber(data, 8, 4); ok && utf16.IsSurrogate(rune(n)) && data[6] == '\\' && data[7] == 'u' {
			return utf8.AppendRune(room, utf16.DecodeRune(rune(n), rune(low))), 12
		}
		return utf8.AppendRune(room, rune(n)), 6
	}
	if end := bytes.IndexByte(data[:min(len(data), 10)], '}'); end > 3 && data[2] == '{' {
		if n, ok := hexNumber(data, 3, end-3); ok {
			return utf8.AppendRune(room, rune(n)), end + 1
		}
	}
	return append(room, 'u'), 2
}

// percent reads %XX, and the %uXXXX of JavaScript's escape.
func percent(data, room []byte) ([]byte, int) {
	if n, ok := hexNumber(data, 1, 2); ok {
		return append(room, byte(n)), 3
	}
	if n, ok := hexNumber(data, 2, 4); ok && data[1] == 'u' {
		return utf8.AppendRune(room, rune(n)), 6
	}
	return nil, 0
}

// reference reads &name; &#N; and &#xX;.
func reference(data, room []byte) ([]byte, int) {
	end := bytes.IndexByte(data[:min(len(data), 12)], ';')
	if end < 2 {
		return nil, 0
	}
	name := string(data[1:end])
	if name[0] != '#' {
		whole := string(data[:end+1])
		if text := html.UnescapeString(whole); !strings.HasSuffix(text, ";") {
			return append(room, text...), end + 1
		}
		return nil, 0
	}
	if len(name) < 2 {
		return nil, 0
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' || digits[0] == 'X' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 21)
	if err != nil {
		return nil, 0
	}
	return utf8.AppendRune(room, rune(n)), end + 1
}

// quotedPrintable reads =XX, and the "=" that ends a line which goes on in the next.
func quotedPrintable(data, room []byte) ([]byte, int) {
	if n, ok := hexNumber(data, 1, 2); ok {
		return append(room, byte(n)), 3
	}
	for i, c := range data[1:] {
		switch c {
		case '\n':
			return room, i + 2
		case ' ', '\t', '\r':
		default:
			return nil, 0
		}
	}
	return nil, 0
}

// hexNumber reads the digits of data at at.
func hexNumber(data []byte, at, digits int) (n uint32, ok bool) {
	if digits > 8 || len(data) < at+digits {
		return 0, false
	}
	for _, c := range data[at : at+digits] {
		d := hexDigits[c]
		if d < 0 {
			return 0, false
		}
		n = n<<4 | uint32(d)
	}
	return n, true
}

// digitsOf returns the value of each byte as a digit, or -1.
func digitsOf(alphabets ...string) (t [256]int8) {
	for i := range t {
		t[i] = -1
	}
	for _, alphabet := range alphabets {
		for i := range len(alphabet) {
			t[alphabet[i]] = int8(i)
		}
	}
	return t
}

const lettersAndDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

var (
	hexDigits    = digitsOf("0123456789abcdef", "0123456789ABCDEF")
	base64Digits = digitsOf(lettersAndDigits+"+/", lettersAndDigits+"-_")
)

// base64From returns the decoder of base64 that begins skip characters behind the
// first one that could belong to it. With four of them every way to group the
// characters is tried, so that nothing needs to be known of what stands before.
func base64From(skip int) func(out, in *view, least int) bool {
	return func(out, in *view, least int) bool {
		for _, run := range in.base64 {
			var held, width uint32
			for i := int(run.from) + skip; i < int(run.to); i++ {
				held, width = held<<6|uint32(base64Digits[in.data[i]]), width+6
				if width < 8 {
					continue
				}
				width -= 8
				out.put(byte(held>>width), in, i-1, i+1) // the characters that hold its bits
			}
		}
		return len(out.data) >= least
	}
}

// hexFrom returns the decoder of hexadecimal digits in a row, from the one at
// skip on.
func hexFrom(skip int) func(out, in *view, least int) bool {
	return func(out, in *view, least int) bool {
		for _, run := range in.hex {
			for i := int(run.from) + skip; i+1 < int(run.to); i += 2 {
				out.put(byte(hexDigits[in.data[i]])<<4|byte(hexDigits[in.data[i+1]]), in, i, i+2)
			}
		}
		return len(out.data) >= least
	}
}

// partedHex decodes pairs of hexadecimal digits with something between them.
func partedHex(out, in *view, least int) bool {
	return parted(out, in, least, func(data []byte) (byte, int) {
		if len(data) > 2 && data[0] == '0' && (data[1] == 'x' || data[1] == 'X') {
			n, ok := hexNumber(data, 2, 2)
			if !ok || len(data) > 4 && hexDigits[data[4]] >= 0 {
				return 0, 0
			}
			return byte(n), 4
		}
		n, ok := hexNumber(data, 0, 2)
		if !ok || len(data) > 2 && hexDigits[data[2]] >= 0 {
			return 0, 0
		}
		return byte(n), 2
	})
}

// decimals decodes lists of bytes as decimal numbers.
func decimals(out, in *view, least int) bool {
	return parted(out, in, least, func(data []byte) (byte, int) {
		n, i := 0, 0
		for ; i < len(data) && i < 4 && '0' <= data[i] && data[i] <= '9'; i++ {
			n = n*10 + int(data[i]-'0')
		}
		if i == 0 || i == 4 || n > 255 {
			return 0, 0
		}
		return byte(n), i
	})
}

// parted decodes bytes that are parted by blanks, commas, colons or hyphens. One
// reads the byte that data begins with, and returns its length; 0 when there is
// none.
func parted(out, in *view, least int, one func(data []byte) (byte, int)) bool {
	data := in.data
	for i := 0; i < len(data); {
		if hexDigits[data[i]] < 0 || i > 0 && isWord(data[i-1]) {
			i++
			continue
		}
		b, n := one(data[i:])
		if n == 0 {
			i++
			continue
		}
		out.put(b, in, i, i+n)
		i += n
	}
	return len(out.data) >= least
}

func isWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}
