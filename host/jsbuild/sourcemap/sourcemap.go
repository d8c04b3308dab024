// Package sourcemap finds the author's own files and lines in the stack traces
// of bundles: it puts source maps into modules, reads them there, and replaces
// positions in messages.
package sourcemap

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/go-sourcemap/sourcemap"
)

// BundleName is the file that an action's stack traces name before they are
// mapped to the author's files.
const BundleName = "usher-bundle.js"

// Apply replaces every position in a bundle (usher-bundle.js:12:34) in text by
// the author's file, line and column. Positions that the map does not have stay
// as they are. Neither the map nor the text need be trusted.
func Apply(sourceMap []byte, text string) string {
	if !strings.Contains(text, BundleName) {
		return text
	}
	return parse(sourceMap).apply(text)
}

// positions is a source map ready for use. Its zero value has no position.
type positions struct {
	consumer *sourcemap.Consumer
}

// parse reads a source map. A broken one has no position: a trace with the
// bundle's own positions is better than none.
func parse(sourceMap []byte) (p positions) {
	defer func() {
		if recover() != nil { // the parser trusts its input
			p = positions{}
		}
	}()
	c, err := sourcemap.Parse("", sourceMap)
	if err != nil {
		return positions{}
	}
	return positions{c}
}

var bundlePosition = regexp.MustCompile(regexp.QuoteMeta(BundleName) + `:(\d{1,9})(?::(\d{1,9}))?`)

// apply maps every position in text.
func (p positions) apply(text string) string {
	if p.consumer == nil {
		return text
	}
	return bundlePosition.ReplaceAllStringFunc(text, func(found string) string {
		m := bundlePosition.FindStringSubmatch(found)
		line, _ := strconv.Atoi(m[1])   // digits
		column, _ := strconv.Atoi(m[2]) // digits, or none: then the line's first
		if place, ok := p.at(line, max(column, 1)); ok {
			return place
		}
		return found
	})
}

// at maps one position. The engine counts columns from 1, maps from 0.
func (p positions) at(line, column int) (place string, ok bool) {
	defer func() {
		if recover() != nil { // an index in the map may be out of range
			ok = false
		}
	}()
	source, _, line, column, ok := p.consumer.Source(line, column-1)
	if !ok || source == "" {
		return "", false
	}
	return fmt.Sprintf("%s:%d:%d", source, line, column+1), true
}
