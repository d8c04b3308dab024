package ingress_test

import (
	"context"
	"fmt"
	"io"
	"sync"
	"testing/iotest"

	"github.com/usherhost/usher/host"
)

// keyring is the API keys of a test.
type keyring map[[32]byte]host.Key

func (k keyring) KeyByHash(_ context.Context, hash [32]byte) (host.Key, error) {
	if key, ok := k[hash]; ok {
		return key, nil
	}
	return host.Key{}, &host.Error{Code: host.NotFound, Text: "no such key"}
}

// instant accepts everything and keeps nothing.
type instant struct{}

func (instant) Accept(_ context.Context, events []host.NewEvent) ([]host.Accepted, error) {
	accepted := make([]host.Accepted, len(events))
	for i := range accepted {
		accepted[i] = host.Accepted{EventID: "evt_1", ExecutionID: "exe_1"}
	}
	return accepted, nil
}

// memory is a store as the contract of [ingress.Acceptor] has it, in memory.
type memory struct {
	mu     sync.Mutex
	events []host.NewEvent
	byKey  map[string]int
}

func (m *memory) Accept(ctx context.Context, events []host.NewEvent) ([]host.Accepted, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for n, e := range events {
		if i, ok := m.byKey[e.Key]; ok && e.Strict && m.events[i].Fingerprint != e.Fingerprint {
			return nil, &host.Error{
				Code: host.KeyReused, Text: "the key was used for another event",
				Fields: []host.Field{{Pointer: fmt.Sprintf("/%d", n), Detail: "was used"}},
			}
		}
	}
	accepted := make([]host.Accepted, len(events))
	for n, e := range events {
		i, repeat := m.byKey[e.Key]
		if !repeat {
			i = len(m.events)
			m.events = append(m.events, e)
			m.put(e.Key, i)
		}
		accepted[n] = host.Accepted{EventID: fmt.Sprintf("evt_%d", i), ExecutionID: fmt.Sprintf("exe_%d", i), Repeat: repeat}
	}
	return accepted, nil
}

func (m *memory) put(key string, i int) {
	if m.byKey == nil {
		m.byKey = map[string]int{}
	}
	m.byKey[key] = i
}

func (m *memory) empty() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events, m.byKey = nil, nil
}

// failing answers with an error.
type failing struct{ err error }

func (f failing) Accept(context.Context, []host.NewEvent) ([]host.Accepted, error) { return nil, f.err }

// endless is a body of one byte, over and over.
type endless byte

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e)
	}
	return len(p), nil
}

// counter counts what is read.
type counter struct {
	io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

func oneByte(r io.Reader) io.Reader { return iotest.OneByteReader(r) }

// broken is a connection that was lost.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
