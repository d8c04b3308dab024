package egress_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"github.com/usherhost/usher/host"
)

var encoders = map[string]func(io.Writer) io.WriteCloser{
	"gzip":    func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
	"x-gzip":  func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
	"deflate": func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) },
	"br":      func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) },
	"zstd": func(w io.Writer) io.WriteCloser {
		e, _ := zstd.NewWriter(w)
		return e
	},
}

// encode applies the codings in the order of a Content-Encoding header.
func encode(tb testing.TB, body []byte, codings string) []byte {
	tb.Helper()
	for coding := range strings.SplitSeq(codings, ",") {
		var out bytes.Buffer
		w := encoders[strings.TrimSpace(coding)](&out)
		if _, err := w.Write(body); err != nil {
			tb.Fatal(err)
		}
		if err := w.Close(); err != nil {
			tb.Fatal(err)
		}
		body = out.Bytes()
	}
	return body
}

// sending answers with a body as it is, under a Content-Encoding.
func sending(t *testing.T, body []byte, coding string) *host.HTTPRequest {
	t.Helper()
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if coding != "" {
			w.Header().Set("Content-Encoding", coding)
		}
		_, _ = w.Write(body)
	})
	return get(s.URL, s.URL)
}

func TestBodiesAreDecoded(t *testing.T) {
	t.Parallel()
	text := []byte(strings.Repeat("registration ", 10_000))
	for _, coding := range []string{"gzip", "x-gzip", "deflate", "br", "zstd", "gzip, br", "zstd,gzip , deflate"} {
		t.Run(coding, func(t *testing.T) {
			t.Parallel()
			got := mustSend(t, open(t), sending(t, encode(t, text, coding), strings.ToUpper(coding)))
			if !bytes.Equal(got.Body, text) {
				t.Errorf("%d bytes came back, want the %d that were encoded", len(got.Body), len(text))
			}
			if got.Header.Get("Content-Encoding") != "" || got.Header.Get("Content-Length") != "" {
				t.Errorf("the header still has Content-Encoding or Content-Length: %q", got.Header)
			}
		})
	}
}

func TestBareDeflateIsDecoded(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w, _ := flate.NewWriter(&out, flate.BestCompression)
	_, _ = io.WriteString(w, "hello")
	_ = w.Close()
	if got := mustSend(t, open(t), sending(t, out.Bytes(), "deflate")); string(got.Body) != "hello" {
		t.Errorf("body %q, want hello", got.Body)
	}
}

func TestBodiesThatNeedNoDecoding(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ body, coding, want, left string }{
		{"hello", "", "hello", ""},
		{"hello", "identity", "hello", "identity"},
		{"\x01\x02", "compress", "\x01\x02", "compress"},
		{"\x01\x02", "gzip, compress", "\x01\x02", "gzip, compress"},
		{"", "gzip", "", ""},
		{"", "", "", ""},
	} {
		got := mustSend(t, open(t), sending(t, []byte(tt.body), tt.coding))
		if string(got.Body) != tt.want || got.Header.Get("Content-Encoding") != tt.left {
			t.Errorf("%q as %q: body %q, Content-Encoding %q", tt.body, tt.coding, got.Body, got.Header.Get("Content-Encoding"))
		}
	}
}

func TestHeadAnswersKeepTheirLength(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "99999999")
		w.Header().Set("Content-Encoding", "gzip")
	})
	r := get(s.URL, s.URL)
	r.Method = "HEAD"
	got := mustSend(t, open(t), r)
	if got.Header.Get("Content-Length") != "99999999" || got.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("the header lost what it says about the body: %q", got.Header)
	}
}

func TestPartsOfEncodedBodiesAreLeftAlone(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("X-Accepts", r.Header.Get("Accept-Encoding"))
		w.WriteHeader(http.StatusPartialContent)
		_, _ = io.WriteString(w, "part")
	})
	r := get(s.URL, s.URL)
	r.Header = http.Header{"Range": {"bytes=5-8"}}
	got := mustSend(t, open(t), r)
	if string(got.Body) != "part" || got.Header.Get("X-Accepts") != "" {
		t.Errorf("body %q, Accept-Encoding %q; want the part and none", got.Body, got.Header.Get("X-Accepts"))
	}
}

func TestADamagedBodysErrorNamesItsCoding(t *testing.T) {
	t.Parallel()
	text := []byte(strings.Repeat("registration ", 1000))
	for _, coding := range []string{"gzip", "deflate", "br", "zstd"} {
		whole := encode(t, text, coding)
		for name, body := range map[string][]byte{"garbage": []byte("\xff\xff not encoded"), "cut short": whole[:len(whole)-5]} {
			f := mustFail(t, open(t), sending(t, body, coding), host.EgressNetwork)
			if !strings.Contains(f.Message, "decoded as "+coding) {
				t.Errorf("%s %s: message %q", coding, name, f.Message)
			}
		}
	}
	f := mustFail(t, open(t), sending(t, text, "gzip, gzip, gzip, gzip"), host.EgressNetwork)
	if !strings.Contains(f.Message, "gzip, gzip, gzip, gzip") {
		t.Errorf("four codings: message %q", f.Message)
	}
}

func TestBodiesEndAtTheLimit(t *testing.T) {
	t.Parallel()
	const limit = 10_000
	noise := make([]byte, limit+1)
	for i := range noise {
		noise[i] = byte(rand.Uint32())
	}
	for _, coding := range []string{"", "gzip", "deflate", "br", "zstd"} {
		for size, fits := range map[int]bool{limit - 100: true, limit: coding == "", limit + 1: false} {
			body := noise[:size]
			if coding != "" {
				body = encode(t, body, coding)
			}
			r := sending(t, body, coding)
			r.MaxResponseBytes = limit
			if fits {
				mustSend(t, open(t), r)
				continue
			}
			f := mustFail(t, open(t), r, host.EgressLimit)
			if f.Limit != "response_bytes" || !strings.Contains(f.Message, "more than 10000 bytes") {
				t.Errorf("%d bytes as %q failed with %+v, want limit response_bytes", size, coding, *f)
			}
		}
	}
}

func TestBombsAreStoppedEarly(t *testing.T) {
	t.Parallel()
	zeros := make([]byte, 8<<20)
	for _, coding := range []string{"gzip", "deflate", "br", "zstd", "gzip, gzip", "zstd, br"} {
		t.Run(coding, func(t *testing.T) {
			t.Parallel()
			bomb := encode(t, zeros, coding)
			r := sending(t, bomb, coding)
			r.MaxResponseBytes = 1 << 20
			if len(bomb) > 1<<18 {
				t.Fatalf("the bomb has %d bytes, it would be stopped raw", len(bomb))
			}
			if f := mustFail(t, open(t), r, host.EgressLimit); f.Limit != "response_bytes" {
				t.Errorf("failed with %+v, want limit response_bytes", *f)
			}
		})
	}
}

func TestABombInsideACodingIsStopped(t *testing.T) {
	t.Parallel()
	// The inner body is small again when all is decoded; what lies between is not.
	members := bytes.Repeat(encode(t, nil, "gzip"), 1<<15)
	r := sending(t, encode(t, members, "gzip"), "gzip, gzip")
	r.MaxResponseBytes = 256 << 10
	mustFail(t, open(t), r, host.EgressLimit)
}

func TestEndlessBodiesAreStopped(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 32<<10)); err != nil {
				return
			}
		}
	})
	f := mustFail(t, open(t), get(s.URL, s.URL), host.EgressLimit)
	if f.Limit != "response_bytes" {
		t.Errorf("failed with %+v", *f)
	}
}

func TestResponseHeadersEndAtTheLimit(t *testing.T) {
	t.Parallel()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var n int
		_, _ = fmt.Sscan(r.URL.Query().Get("n"), &n)
		for i := range n {
			w.Header().Add(fmt.Sprintf("X-%d", i), strings.Repeat("v", 1000))
		}
	})
	one, two := serve(t, handler), httptest.NewUnstartedServer(handler)
	two.EnableHTTP2, two.Config.ErrorLog = true, quiet()
	two.StartTLS()
	t.Cleanup(two.Close)
	c := trusting(t, two)
	for _, url := range []string{one.URL, two.URL} {
		mustSend(t, c, get(url+"/?n=50", url))
		f := mustFail(t, c, get(url+"/?n=70", url), host.EgressLimit)
		if f.Limit != "response_header_bytes" {
			t.Errorf("%s failed with %+v, want limit response_header_bytes", url, *f)
		}
	}
	f := mustFail(t, c, get(two.URL+"/?n=1000", two.URL), host.EgressNetwork)
	if !strings.Contains(f.Message, "headers far over 65536 bytes") {
		t.Errorf("message %q", f.Message)
	}
}

func TestLargeBodiesPassOverHTTP2(t *testing.T) {
	t.Parallel()
	s, _ := counting(t, true)
	c := trusting(t, s)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			r := get(s.URL, s.URL)
			r.Method, r.Body = "POST", bytes.Repeat([]byte("0123456789abcdef"), 3<<16)
			got, f := c.Send(t.Context(), r)
			if f != nil || !bytes.Equal(got.Body, r.Body) {
				t.Errorf("the body did not come back: %+v", f)
			}
		})
	}
	wg.Wait()
}
