package hostile

import (
	"bytes"
	"io"
	"strings"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// secure are the peers of TLS: those that break the handshake off in their own
// ways, and those that only then misbehave.
func secure() []Peer {
	over := func(p Peer) Peer {
		p.Name, p.scheme, p.tls = p.Name+" over TLS", "https", []string{"http/1.1"}
		return p
	}
	peers := []Peer{
		{Name: "silent in the handshake of TLS", scheme: "https", serve: (*conn).freeze},
		{Name: "silent after half a record of TLS", scheme: "https", serve: func(c *conn) {
			c.send("\x16\x03\x03\x40\x00\x02")
			c.freeze()
		}},
		{Name: "a handshake of TLS byte by byte", scheme: "https", serve: func(c *conn) {
			for c.send("\x16") && c.wait(slowly) {
			}
		}},
		{Name: "endless alerts of TLS", scheme: "https", Ends: true, serve: func(c *conn) {
			for c.send("\x15\x03\x03\x00\x02\x01\x00") {
			}
		}},
	}
	for _, p := range append(silent(), endless()...) {
		switch p.Name {
		case "does not read the body", "silent after the request", "silent in the body", "slow body",
			"switches protocols and is silent", "endless 1xx answers":
			peers = append(peers, over(p))
		}
	}
	return peers
}

// frames is one side of an HTTP/2 connection.
type frames struct {
	*conn
	*http2.Framer
}

// speaking is a peer of HTTP/2.
func speaking(name string, f func(*frames)) Peer {
	return Peer{Name: name + " over HTTP/2", scheme: "https", tls: []string{"h2"}, serve: func(c *conn) {
		preface := make([]byte, len(http2.ClientPreface))
		if _, err := io.ReadFull(c, preface); err != nil {
			return
		}
		f(&frames{c, http2.NewFramer(c, c)})
	}}
}

// overHTTP2 are the peers of HTTP/2.
func overHTTP2() []Peer { return append(silentFrames(), endlessFrames()...) }

func silentFrames() []Peer {
	full := speaking("does not read after a large window", func(f *frames) {
		_ = f.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 30})
		_ = f.WriteWindowUpdate(0, 1<<30)
		stream := f.request()
		_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block(":status", "200"), EndHeaders: true})
		for range 15 { // within the client's window
			_ = f.WriteData(stream, false, make([]byte, 1<<14)) // makes the client give back window, which it can't write
		}
		f.freeze()
	})
	full.Upload = true
	return []Peer{
		speaking("silent before the settings", func(f *frames) { f.freeze() }),
		speaking("silent after the request", func(f *frames) { f.settle(); f.request(); f.hang() }),
		full,
		speaking("silent after the headers", func(f *frames) {
			f.settle()
			_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: f.request(), BlockFragment: block(":status", "200"), EndHeaders: true})
			f.hang()
		}),
	}
}

func endlessFrames() []Peer {
	return []Peer{
		speaking("headers without end", func(f *frames) {
			f.settle()
			stream := f.request()
			long := block("x-a", strings.Repeat("x", 1000))
			err := f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block(":status", "200")})
			for err == nil {
				err = f.WriteContinuation(stream, false, long)
			}
		}).ends(),
		speaking("1xx answers without end", func(f *frames) {
			f.settle()
			stream, hint := f.request(), block(":status", "103")
			for f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: hint, EndHeaders: true}) == nil {
			}
		}).ends(),
		speaking("101", func(f *frames) {
			f.settle()
			_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: f.request(), BlockFragment: block(":status", "101"), EndHeaders: true})
			f.hang()
		}),
		speaking("pings without end", func(f *frames) {
			f.settle()
			f.request()
			for f.WritePing(false, [8]byte{}) == nil {
				if _, err := f.ReadFrame(); err != nil {
					return
				}
			}
		}),
		speaking("an endless body", func(f *frames) {
			f.settle()
			stream := f.request()
			err := f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block(":status", "200"), EndHeaders: true})
			for err == nil {
				err = f.WriteData(stream, false, make([]byte, 1<<10)) // breaks the window's bound too
			}
		}).ends(),
		speaking("a stream broken off", func(f *frames) {
			f.settle()
			_ = f.WriteRSTStream(f.request(), http2.ErrCodeInternal)
			f.hang()
		}).ends(),
	}
}

func (f *frames) settle() { _ = f.WriteSettings() }

// request reads up to a request's head and returns its stream.
func (f *frames) request() uint32 {
	for {
		frame, err := f.ReadFrame()
		if err != nil {
			return 1
		}
		if h, ok := frame.(*http2.HeadersFrame); ok {
			return h.StreamID
		}
	}
}

func block(name, value string) []byte {
	var b bytes.Buffer
	_ = hpack.NewEncoder(&b).WriteField(hpack.HeaderField{Name: name, Value: value})
	return b.Bytes()
}
