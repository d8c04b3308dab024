package hostile

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// slowly is the pause of those that are slow.
const slowly = time.Second

// Peers returns every peer there is: those of HTTP/1, of TLS and of HTTP/2.
func Peers() []Peer {
	return append(append(append(silent(), endless()...), append(malformed(), bombs()...)...), append(secure(), overHTTP2()...)...)
}

// answering is a peer that reads a request's head and then does as f says.
func answering(name string, f func(*conn)) Peer {
	return Peer{Name: name, serve: func(c *conn) {
		if c.head() != "" {
			f(c)
		}
	}}
}

// ending is a peer that answers every request with a string.
func ending(name, text string) Peer {
	p := answering(name, nil)
	p.Ends = true
	p.serve = func(c *conn) {
		for c.head() != "" && c.send(text) {
		}
	}
	return p
}

// repeating begins with a string and goes on with another for ever.
func repeating(name, first, rest string, pause time.Duration) Peer {
	return answering(name, func(c *conn) {
		for more := c.send(first); more && (pause == 0 || c.wait(pause)); {
			more = c.send(rest)
		}
	})
}

const (
	okStatus = "HTTP/1.1 200 OK\r\n"
	chunked  = okStatus + "Transfer-Encoding: chunked\r\n\r\n"
)

func silent() []Peer {
	unread := answering("does not read the body", (*conn).freeze)
	unread.Upload = true
	return []Peer{
		{Name: "silent from the start", serve: (*conn).freeze},
		answering("silent after the request", (*conn).hang),
		unread,
		answering("silent in the status line", func(c *conn) { c.send("HTTP/1.1 2"); c.hang() }),
		answering("silent in the headers", func(c *conn) { c.send(okStatus + "Content-Le"); c.hang() }),
		answering("silent after the headers", func(c *conn) { c.send(okStatus + "Content-Length: 100\r\n\r\n"); c.hang() }),
		answering("silent in the body", func(c *conn) { c.send(okStatus + "Content-Length: 100\r\n\r\nhalf"); c.hang() }),
		answering("silent in a chunk", func(c *conn) { c.send(chunked + "100\r\nhalf"); c.hang() }),
		answering("silent before the last chunk", func(c *conn) { c.send(chunked + "4\r\nhalf\r\n"); c.hang() }),
		answering("silent in the trailers", func(c *conn) { c.send(chunked + "0\r\nX-A: b\r\n"); c.hang() }),
		answering("silent after 100 Continue", func(c *conn) { c.send("HTTP/1.1 100 Continue\r\n\r\n"); c.hang() }),
		answering("silent without an end of the body", func(c *conn) { c.send(okStatus + "\r\nbody"); c.hang() }),
		answering("silent in a gzip body", func(c *conn) {
			c.send(okStatus + "Content-Encoding: gzip\r\n\r\n" + string(packed("gzip", []byte("hello")))[:12])
			c.hang()
		}),
		answering("half closed in the body", func(c *conn) {
			c.send(okStatus + "Content-Length: 100\r\n\r\nhalf")
			_ = c.raw.CloseWrite()
			c.hang()
		}).ends(),
		answering("half closed at once", func(c *conn) { _ = c.raw.CloseWrite(); c.hang() }).ends(),
		answering("reset in the body", func(c *conn) {
			c.send(okStatus + "Content-Length: 100\r\n\r\nhalf")
			_ = c.raw.SetLinger(0)
		}).ends(),
		repeating("slow headers", okStatus, "X", slowly),
		repeating("slow lines of headers", okStatus, "X-A: b\r\n", slowly),
		repeating("slow body", okStatus+"Content-Length: 1000000\r\n\r\n", "x", slowly),
		repeating("slow chunks", chunked, "1\r\nx\r\n", slowly),
		repeating("slow 1xx answers", "HTTP/1.1 103 Early Hints\r\n\r\n", "HTTP/1.1 102 Processing\r\n\r\n", slowly),
	}
}

func (p Peer) ends() Peer { p.Ends = true; return p }

func endless() []Peer {
	long := strings.Repeat("x", 1000)
	return []Peer{
		repeating("endless headers", okStatus, "X-A: "+long+"\r\n", 0).ends(),
		repeating("an endless line of headers", okStatus+"X-A: ", long, 0).ends(),
		repeating("an endless status line", "HTTP/1.1 200 ", long, 0).ends(),
		repeating("an endless body", okStatus+"\r\n", long, 0).ends(),
		repeating("endless chunks", chunked, "3e8\r\n"+long+"\r\n", 0).ends(),
		repeating("endless chunks of one byte", chunked, strings.Repeat("1\r\nx\r\n", 100), 0).ends(),
		repeating("an endless chunk extension", chunked+"1;", long, 0).ends(),
		repeating("an endless size of a chunk", chunked, "0000", 0).ends(),
		repeating("endless trailers", chunked+"0\r\n", "X-A: "+long+"\r\n", 0).ends(),
		repeating("endless 1xx answers", "", "HTTP/1.1 103 Early Hints\r\n\r\n", 0).ends(),
		repeating("endless 100 answers", "", "HTTP/1.1 100 Continue\r\nX-A: "+long+"\r\n\r\n", 0).ends(),
		repeating("switches protocols and is endless", switching, long, 0).ends(),
		answering("switches protocols and is silent", func(c *conn) { c.send(switching); c.hang() }).ends(),
		answering("switches protocols without a word", func(c *conn) { c.send("HTTP/1.1 101 Go On\r\n\r\n"); c.hang() }).ends(),
		answering("switches protocols after 100", func(c *conn) {
			c.send("HTTP/1.1 100 Continue\r\n\r\n" + switching)
			c.freeze()
		}).ends(),
		ending("redirects in a circle", "HTTP/1.1 302 Found\r\nLocation: /hook\r\nContent-Length: 0\r\n\r\n"),
		{Name: "redirects slowly in a circle", serve: func(c *conn) {
			for c.head() != "" && c.wait(slowly) && c.send("HTTP/1.1 307 Again\r\nLocation: /hook\r\nContent-Length: 0\r\n\r\n") {
			}
		}},
		{Name: "redirects with a body that never comes", serve: func(c *conn) {
			for c.head() != "" && c.send("HTTP/1.1 302 Found\r\nLocation: /hook\r\nContent-Length: 10\r\n\r\n") {
			}
		}},
	}
}

const switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"

func malformed() []Peer {
	early := answering("answers before the body was sent", func(c *conn) {
		c.send(okStatus + "Content-Length: 2\r\n\r\nok")
		c.freeze()
	}).ends()
	early.Upload = true
	return []Peer{
		early,
		{Name: "answers before the request", Ends: true, serve: func(c *conn) {
			c.send(okStatus + "Content-Length: 2\r\n\r\nok")
			c.hang()
		}},
		answering("a length too long", func(c *conn) { c.send(okStatus + "Content-Length: 9\r\n\r\nok"); c.hang() }),
		answering("a length beyond all bounds", func(c *conn) { c.send(okStatus + "Content-Length: 9223372036854775807\r\n\r\nok"); c.hang() }).ends(),
		ending("a length too short", okStatus+"Content-Length: 2\r\n\r\nok and more"),
		ending("two lengths", okStatus+"Content-Length: 2\r\nContent-Length: 3\r\n\r\nok"),
		ending("a length and chunks", okStatus+"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
		ending("a second answer unasked", okStatus+"Content-Length: 2\r\n\r\nok"+okStatus+"Content-Length: 4\r\n\r\nevil"),
		ending("204 with a body", "HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nevil"),
		ending("304 with a body", "HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nevil"),
		ending("a status of 099", "HTTP/1.1 099 Below\r\nContent-Length: 0\r\n\r\n"),
		ending("no HTTP", "SSH-2.0-OpenSSH_9.6\r\n\r\n"),
		ending("NUL in a header", okStatus+"X-A: \x00\r\nContent-Length: 0\r\n\r\n"),
	}
}

// bombs are small on the wire.
func bombs() []Peer {
	var peers []Peer
	for _, coding := range []string{"gzip", "br", "zstd", "gzip, gzip"} {
		whole := sync.OnceValue(func() string {
			body := make([]byte, 16<<20)
			for one := range strings.SplitSeq(coding, ", ") {
				body = packed(one, body)
			}
			return encoded(coding, body)
		})
		peers = append(peers, Peer{Name: "a bomb in " + coding, Ends: true, serve: func(c *conn) {
			for text := whole(); c.head() != "" && c.send(text); {
			}
		}})
	}
	return append(peers, ending("three megabytes that are nothing in gzip", encoded("gzip", bytes.Repeat(packed("gzip", nil), 150_000))))
}

func encoded(coding string, body []byte) string {
	return fmt.Sprintf("%sContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n%s", okStatus, coding, len(body), body)
}

// packed returns data in a content coding.
func packed(coding string, data []byte) []byte {
	var out bytes.Buffer
	switch coding {
	case "br":
		b := brotli.NewWriterLevel(&out, 1)
		_, _ = b.Write(data)
		_ = b.Close()
	case "zstd":
		z, err := zstd.NewWriter(&out, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
		if err != nil {
			panic(err)
		}
		_, _ = z.Write(data)
		_ = z.Close()
	default:
		g, _ := gzip.NewWriterLevel(&out, gzip.BestSpeed)
		_, _ = g.Write(data)
		_ = g.Close()
	}
	return out.Bytes()
}
