package sqlite

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/usherhost/usher/host"
)

const (
	maxFailureChars = 4096 // of an error message that can be searched for
	maxSearchWords  = 32
	minPrefixChars  = 3 // before *: what fits more words than that costs too much
)

// words returns what of a failed result is searched by.
func words(r *host.Result) string {
	if r.Succeeded || r.Error == nil {
		return ""
	}
	line, chars := clean(r.Error.Line()), 0
	for i := range line {
		if chars == maxFailureChars {
			return line[:i]
		}
		chars++
	}
	return line
}

// clean returns text as SQLite takes it: without NULs and stray bytes.
func clean(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, " "), "\x00", " ")
}

// insertFailure makes an execution found by the words of one more result. It
// runs before that result is inserted.
func (tx *transaction) insertFailure(execution int64, words string) error {
	_, err := tx.exec(`
		INSERT OR REPLACE INTO failure (rowid, message)
		VALUES (? * 65536 + MIN((SELECT COUNT(*) FROM result WHERE execution = ?), 65535), ?)`,
		execution, execution, words)
	return err
}

// matchOf returns the query for the index of words, empty when text is. What
// the index would read as an operator is quoted.
func matchOf(text string) (string, error) {
	var quoted []string
	fields := strings.Fields(clean(text))
	for _, word := range fields {
		begin, prefix := strings.CutSuffix(word, "*")
		if !strings.ContainsFunc(begin, inWord) {
			continue
		}
		word = `"` + strings.ReplaceAll(begin, `"`, `""`) + `"`
		if prefix && utf8.RuneCountInString(begin) >= minPrefixChars {
			word += " *"
		}
		quoted = append(quoted, word)
	}
	if len(quoted) > maxSearchWords {
		return "", &host.Error{Code: host.Invalid, Text: "a search is for 32 words at most", Hint: "leave some out"}
	}
	if len(quoted) == 0 && len(fields) > 0 {
		return "", &host.Error{Code: host.Invalid, Text: "a search is for words", Hint: "name a word of the error message"}
	}
	return strings.Join(quoted, " "), nil
}

// inWord reports whether the index takes r for a part of a word.
func inWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.Co, r)
}
