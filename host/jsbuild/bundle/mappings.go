package bundle

import "strings"

// Source maps of two scripts, one after the other
//
// A map's mappings are segments of numbers, each of which is the difference to the
// same number of the segment before. So the first segments of the second map have to
// be changed by where the first map ended.

// segment is one segment's numbers: column, source, line, column there, name.
type segment [5]int

// joinMappings returns the mappings of a script that has the first at line firstLine
// and the second at secondLine, whose sources and names come after the first's.
func joinMappings(first string, firstLine, sources, names int, second string, secondLine int) string {
	end := endOf(first)
	joined := strings.Repeat(";", firstLine) + first
	joined += strings.Repeat(";", max(secondLine-strings.Count(joined, ";"), 0))
	return joined + moved(second, segment{0, sources - end[1], -end[2], -end[3], names - end[4]})
}

// endOf returns the sums of all segments.
func endOf(mappings string) segment {
	var end segment
	for text := range strings.FieldsFuncSeq(mappings, func(r rune) bool { return r == ';' || r == ',' }) {
		numbers := decode(text)
		for i, n := range numbers {
			end[i] += n
		}
	}
	return end
}

// moved adds by to the first numbers of each kind.
func moved(mappings string, by segment) string {
	var b strings.Builder
	for rest := mappings; rest != ""; {
		end := strings.IndexAny(rest, ";,")
		if end < 0 {
			end = len(rest)
		}
		numbers := decode(rest[:end])
		for i := range numbers {
			numbers[i] += by[i]
			by[i] = 0
		}
		encode(&b, numbers)
		if rest = rest[end:]; rest == "" {
			break
		}
		b.WriteByte(rest[0])
		if rest = rest[1:]; by == (segment{}) {
			b.WriteString(rest)
			break
		}
	}
	return b.String()
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// decode reads a segment: five bits a digit, the lowest first, and the sign as the
// lowest of all.
func decode(text string) []int {
	var numbers []int
	n, shift := 0, 0
	for i := range len(text) {
		d := strings.IndexByte(digits, text[i])
		n |= (d & 31) << shift
		if shift += 5; d&32 != 0 {
			continue
		}
		if n&1 != 0 {
			n = -n
		}
		if len(numbers) < len(segment{}) {
			numbers = append(numbers, n/2)
		}
		n, shift = 0, 0
	}
	return numbers
}

func encode(b *strings.Builder, numbers []int) {
	for _, n := range numbers {
		if n *= 2; n < 0 {
			n = -n + 1
		}
		for {
			d := n & 31
			if n >>= 5; n > 0 {
				d |= 32
			}
			b.WriteByte(digits[d])
			if n == 0 {
				break
			}
		}
	}
}
