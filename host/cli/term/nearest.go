package term

import (
	"github.com/usherhost/usher/host/internal/text"
)

// DidYouMean returns a hint with the candidate that is nearest to word, or
// otherwise when none is near.
func DidYouMean(word string, candidates []string, otherwise string) string {
	if near := Nearest(word, candidates); near != "" {
		return text.DidYouMean(near)
	}
	return otherwise
}

// Nearest returns the candidate with the smallest edit distance to word, ""
// when all are further than half of its length.
func Nearest(word string, candidates []string) string {
	if near := text.Nearest(word, candidates, max(len(word)/2, 2)); len(near) > 0 {
		return near[0]
	}
	return ""
}
