package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
)

// poster is a client as thin as HTTP/1.1 allows, with one kept connection: its cost is
// not the server's.
type poster struct {
	conn net.Conn
	in   *bufio.Reader
	key  string // an API key
	out  []byte
}

func newPoster(ctx context.Context, address, key string) (*poster, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &poster{conn: conn, in: bufio.NewReader(conn), key: key}, nil
}

func (p *poster) close() { _ = p.conn.Close() }

// event posts an event of post-user-registration.
func (p *poster) event(body []byte) error {
	_, err := p.post("/v1/events/post-user-registration", body, http.StatusAccepted)
	return err
}

// post posts JSON and returns the answer, which must have this status.
func (p *poster) post(path string, body []byte, status int) ([]byte, error) {
	p.out = fmt.Appendf(p.out[:0], "POST %s HTTP/1.1\r\nHost: usher\r\nAuthorization: Bearer %s\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n", path, p.key, len(body))
	if _, err := p.conn.Write(append(p.out, body...)); err != nil {
		return nil, err
	}
	response, err := http.ReadResponse(p.in, nil)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != status {
		err = fmt.Errorf("status %d: %s", response.StatusCode, text)
	}
	return text, errors.Join(err, response.Body.Close())
}
