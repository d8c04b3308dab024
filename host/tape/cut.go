package tape

import (
	"cmp"
	"crypto/sha256"
	"slices"
	"unicode/utf8"

	"github.com/usherhost/usher/host"
)

// cut returns a request or an answer with most bytes at most, and the mark that it is
// not whole. It stays valid JSON: its longest strings are cut, and one that has too
// much besides becomes null. A most of 0 cuts nothing; one that was cut before keeps
// its mark.
func cut(message []byte, before *host.Cut, most int64) ([]byte, *host.Cut) {
	if most <= 0 || int64(len(message)) <= most {
		return message, before
	}
	mark := before
	if mark == nil {
		sum := sha256.Sum256(message)
		mark = &host.Cut{Bytes: int64(len(message)), SHA256: sum[:]}
	}
	if short := shorten(message, len(message)-int(most)); short != nil {
		return short, mark
	}
	return []byte("null"), mark
}

// span is the place of a string in JSON, without its quotes.
type span struct{ from, to int }

func (s span) len() int { return s.to - s.from }

// leastCut is how long a string is at least that is cut.
const leastCut = 256

// shorten returns JSON that has at least so many bytes less, nil when that can't be
// had of its long strings.
func shorten(message []byte, less int) []byte {
	long := stringsIn(message)
	slices.SortFunc(long, func(a, b span) int { return cmp.Compare(b.len(), a.len()) })
	var dropped []span
	for _, s := range long {
		if less <= 0 || s.len() < leastCut {
			break
		}
		from := boundary(message, s, max(s.len()-less, 0))
		less -= s.to - from
		dropped = append(dropped, span{from, s.to})
	}
	if less > 0 {
		return nil
	}
	slices.SortFunc(dropped, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	short, at := make([]byte, 0, len(message)), 0
	for _, d := range dropped {
		short, at = append(short, message[at:d.from]...), d.to
	}
	return append(short, message[at:]...)
}

// stringsIn returns the strings in JSON that are no keys.
func stringsIn(message []byte) (found []span) {
	for i := 0; i < len(message); i++ {
		if message[i] != '"' {
			continue
		}
		s := span{from: i + 1}
		for i++; i < len(message) && message[i] != '"'; i++ {
			if message[i] == '\\' {
				i++
			}
		}
		s.to = min(i, len(message))
		if next := i + 1; next >= len(message) || message[next] != ':' {
			found = append(found, s)
		}
	}
	return found
}

// boundary returns the last place in a string, at most keep bytes behind its begin,
// where it may end: between characters, and in base64 between groups of four.
func boundary(message []byte, s span, keep int) int {
	end, at := s.from+keep&^3, s.from
	for {
		n := 1
		switch {
		case at < s.to && message[at] == '\\' && at+1 < s.to && message[at+1] == 'u':
			n = len(`\u0000`)
		case at < s.to && message[at] == '\\':
			n = len(`\n`)
		case at < s.to && message[at] >= utf8.RuneSelf:
			_, n = utf8.DecodeRune(message[at:s.to])
		}
		if at+n > end {
			return at
		}
		at += n
	}
}
