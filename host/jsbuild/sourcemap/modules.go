package sourcemap

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"io"
	"strings"
	"sync"

	"github.com/usherhost/usher/host/wasmbin"
)

// Section is the name of the custom section in which a module carries its source
// map: JSON, compressed by gzip.
const Section = "usher:source-map"

// MaxBytes bounds a source map, unpacked.
const MaxBytes = 32 << 20

// Modules maps stack traces by the source maps that modules carry. It is safe
// for concurrent use. Its fields must not change once it is in use.
type Modules struct {
	Module func(ctx context.Context, digest string) ([]byte, error) // returns a module's bytes
	Max    int                                                      // how many unpacked maps to hold; 0 is 8

	mu     sync.Mutex
	cached []cachedMap // guarded by mu: the latest used is the last
}

type cachedMap struct {
	digest string
	positions
}

// Matches reports whether text may have positions to map.
func (m *Modules) Matches(text []byte) bool { return bytes.Contains(text, []byte(BundleName)) }

// Map maps the positions in text by the source map of the module with this
// digest. It returns text unchanged when text has no positions, or when the
// module has no map or can't be read.
func (m *Modules) Map(ctx context.Context, digest, text string) string {
	if !strings.Contains(text, BundleName) {
		return text
	}
	p, ok := m.recall(digest)
	if !ok {
		module, err := m.Module(ctx, digest)
		if err != nil {
			return text
		}
		p = parse(mapIn(module))
		m.remember(digest, p)
	}
	return p.apply(text)
}

// recall returns a cached map, and makes it the latest used.
func (m *Modules) recall(digest string) (positions, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, r := range m.cached {
		if r.digest == digest {
			m.cached = append(append(m.cached[:i:i], m.cached[i+1:]...), r)
			return r.positions, true
		}
	}
	return positions{}, false
}

func (m *Modules) remember(digest string, p positions) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cached = append(m.cached, cachedMap{digest, p})
	if over := len(m.cached) - cmp.Or(m.Max, 8); over > 0 {
		m.cached = append([]cachedMap(nil), m.cached[over:]...)
	}
}

// Carry returns the custom section by which a module carries a source map, to be
// appended to the module.
func Carry(sourceMap []byte) []byte {
	return wasmbin.AppendCustom(nil, Section, pack(sourceMap))
}

func pack(sourceMap []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level exists
	_, _ = w.Write(sourceMap)                             // a buffer takes everything
	_ = w.Close()                                         // the same
	return b.Bytes()
}

// mapIn returns the source map in a module, nil when it has none.
func mapIn(module []byte) []byte {
	packed := wasmbin.CustomSection(module, Section)
	if packed == nil {
		return nil
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil || len(text) > MaxBytes {
		return nil
	}
	return text
}
