package jsbuild

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/binary"
	"io"
	"strings"
	"sync"
)

// MapSection is the custom section of a module that carries its source map:
// JSON, compressed by gzip.
const MapSection = "usher:source-map"

// maxMapBytes bounds what a module's map may unpack to.
const maxMapBytes = 32 << 20

// Stacks maps stack traces by the source maps in modules. It is safe for
// concurrent use. Its fields must not change once it is in use.
type Stacks struct {
	Module func(ctx context.Context, digest string) ([]byte, error) // returns a module's bytes
	Max    int                                                      // how many maps are kept ready; 0 is 8

	mu    sync.Mutex
	ready []readyMap // guarded by mu: the latest used is the last
}

type readyMap struct {
	digest string
	positions
}

// Map maps the positions in text by the source map of the module. Text without
// positions comes back as it is, and so does one from a module that has no map
// or can't be read.
func (s *Stacks) Map(ctx context.Context, digest, text string) string {
	if !strings.Contains(text, BundleName) {
		return text
	}
	p, ok := s.recall(digest)
	if !ok {
		module, err := s.Module(ctx, digest)
		if err != nil {
			return text
		}
		p = parseMap(mapIn(module))
		s.keep(digest, p)
	}
	return p.apply(text)
}

// recall returns a map that is ready, and makes it the latest used.
func (s *Stacks) recall(digest string) (positions, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, r := range s.ready {
		if r.digest == digest {
			s.ready = append(append(s.ready[:i:i], s.ready[i+1:]...), r)
			return r.positions, true
		}
	}
	return positions{}, false
}

func (s *Stacks) keep(digest string, p positions) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ready = append(s.ready, readyMap{digest, p})
	if over := len(s.ready) - cmp.Or(s.Max, 8); over > 0 {
		s.ready = append([]readyMap(nil), s.ready[over:]...)
	}
}

// sectionFor returns what the section [MapSection] of a module holds for a
// source map.
func sectionFor(sourceMap []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // a level that there is
	_, _ = w.Write(sourceMap)                             // a buffer takes everything
	_ = w.Close()                                         // the same
	return b.Bytes()
}

// mapIn returns the source map in a module, nil when it has none.
func mapIn(module []byte) []byte {
	packed := customSectionIn(module, MapSection)
	if packed == nil {
		return nil
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(r, maxMapBytes+1))
	if err != nil || len(text) > maxMapBytes {
		return nil
	}
	return text
}

const wasmHeader = "\x00asm\x01\x00\x00\x00"

// customSectionIn returns the content of a module's custom section of that
// name, nil when there is none.
func customSectionIn(module []byte, name string) []byte {
	rest, ok := bytes.CutPrefix(module, []byte(wasmHeader))
	for ok && len(rest) > 0 {
		id := rest[0]
		var body []byte
		if body, rest, ok = cutSized(rest[1:]); !ok || id != 0 {
			continue
		}
		if title, content, ok := cutSized(body); ok && string(title) == name {
			return content
		}
	}
	return nil
}

// cutSized cuts off bytes that their length stands before.
func cutSized(b []byte) (cut, rest []byte, ok bool) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return nil, nil, false
	}
	return b[n : n+int(size)], b[n+int(size):], true
}
