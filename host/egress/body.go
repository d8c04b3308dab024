package egress

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

const (
	maxCodings    = 3
	maxZstdWindow = 8 << 20 // what RFC 9659 lets senders use
)

var errTooLarge = errors.New("body is too large")

// codingError is a body that does not have the form that its Content-Encoding names.
type codingError struct {
	coding string
	err    error
}

func (e *codingError) Error() string { return "decode " + e.coding + ": " + e.err.Error() }
func (e *codingError) Unwrap() error { return e.err }

// readBody reads the body to its end and undoes its content codings. Neither
// the raw body nor what any coding makes of it may have more than limit bytes;
// reading stops there, so that a bomb costs no more than an honest body. A
// body in a coding we do not know is left as it is. It ends with ctx.
func readBody(ctx context.Context, res *http.Response, limit int64) (body []byte, decoded bool, err error) {
	if res.Request.Method == http.MethodHead || res.StatusCode == http.StatusNotModified {
		return nil, false, nil // the header describes a body that is not sent
	}
	if res.ContentLength > limit {
		return nil, false, errTooLarge
	}
	raw := &capped{ctx: ctx, r: res.Body, left: limit}
	codings := codingsOf(res)
	if len(codings) == 0 {
		body, err = readAll(raw, res.ContentLength)
		return body, false, err
	}
	body, err = readEncoded(ctx, bufio.NewReader(raw), codings, limit)
	return body, true, err
}

func readAll(r io.Reader, expected int64) ([]byte, error) {
	var out bytes.Buffer
	if expected > 0 {
		out.Grow(int(min(expected, 64<<10)) + bytes.MinRead) // grown on when it does come
	}
	_, err := out.ReadFrom(r)
	return out.Bytes(), err
}

func readEncoded(ctx context.Context, raw *bufio.Reader, codings []string, limit int64) ([]byte, error) {
	if _, err := raw.Peek(1); err == io.EOF {
		return nil, nil
	}
	if len(codings) > maxCodings {
		return nil, &codingError{strings.Join(codings, ", "), errors.New("too many codings")}
	}
	r, closers, err := decode(ctx, raw, codings, limit)
	defer func() {
		for _, c := range closers {
			_ = c.Close()
		}
	}()
	if err != nil {
		return nil, err
	}
	return readAll(r, 0)
}

// codingsOf lists the codings to undo, in the order they were applied; none
// when one of them is unknown.
func codingsOf(res *http.Response) []string {
	var codings []string
	if res.StatusCode == http.StatusPartialContent {
		return nil
	}
	for _, value := range res.Header.Values("Content-Encoding") {
		for coding := range strings.SplitSeq(value, ",") {
			switch coding = strings.ToLower(strings.TrimSpace(coding)); coding {
			case "", "identity":
			case "gzip", "x-gzip", "deflate", "br", "zstd":
				codings = append(codings, coding)
			default:
				return nil
			}
		}
	}
	return codings
}

// decode stacks a reader for each coding. The closers are never more than
// those of the readers that were made.
func decode(ctx context.Context, r *bufio.Reader, codings []string, limit int64) (io.Reader, []io.Closer, error) {
	var closers []io.Closer
	var top io.Reader = r
	for i := len(codings) - 1; i >= 0; i-- {
		from, ok := top.(*bufio.Reader)
		if !ok {
			from = bufio.NewReader(top)
		}
		decoder, err := newDecoder(codings[i], from)
		if err != nil {
			return nil, closers, &codingError{codings[i], err}
		}
		closers = append(closers, decoder)
		top = &capped{ctx: ctx, r: &labelled{decoder, codings[i]}, left: limit}
	}
	return top, closers, nil
}

func newDecoder(coding string, r *bufio.Reader) (io.ReadCloser, error) {
	switch coding {
	case "gzip", "x-gzip":
		return gzip.NewReader(r)
	case "deflate":
		return newInflater(r)
	case "br":
		return io.NopCloser(brotli.NewReader(r)), nil
	case "zstd":
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(maxZstdWindow), zstd.WithDecoderMaxMemory(2*maxZstdWindow))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	}
	return nil, fmt.Errorf("unknown coding %q", coding)
}

// newInflater reads zlib's format, which the standard means by "deflate", and
// the bare one, which some servers send.
func newInflater(r *bufio.Reader) (io.ReadCloser, error) {
	head, err := r.Peek(2)
	if err == nil && head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		return zlib.NewReader(r)
	}
	return flate.NewReader(r), nil
}

// maxReadBytes is how much is read or decoded between looks at the context: a
// fraction of a millisecond's work.
const maxReadBytes = 64 << 10

// capped fails with errTooLarge once more than left bytes were read, and when
// ctx ends: to decode what has long arrived takes time too.
type capped struct {
	ctx  context.Context
	r    io.Reader
	left int64
}

func (c *capped) Read(p []byte) (int, error) {
	if c.left < 0 {
		return 0, errTooLarge
	}
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	p = p[:min(len(p), maxReadBytes)]
	// One byte over the cap is enough to know.
	if int64(len(p)) > c.left+1 {
		p = p[:c.left+1]
	}
	n, err := c.r.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return n, errTooLarge
	}
	return n, err
}

// labelled adds the coding to a decoder's error.
type labelled struct {
	r      io.Reader
	coding string
}

func (l *labelled) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if err != nil && err != io.EOF {
		err = &codingError{l.coding, err}
	}
	return n, err
}
