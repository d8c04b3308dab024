// Package receiver is the HTTP server that actions call in tests and demos. It
// records the requests that it gets.
package receiver

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
)

// Request is a request that was received whole.
type Request struct {
	Method string
	Path   string
	URI    string // as it was sent, with the query
	Header http.Header
	Body   string
}

// String returns "METHOD PATH BODY".
func (r Request) String() string { return r.Method + " " + r.Path + " " + r.Body }

// Receiver is a server that records requests.
type Receiver struct {
	*httptest.Server

	mu  sync.Mutex
	got []Request // guarded by mu
}

// Start starts a receiver. The handler answers each request after it is recorded;
// without one, the answer is an empty 200. The caller must close the receiver.
func Start(handler http.HandlerFunc) *Receiver {
	r := &Receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.record(Request{Method: q.Method, Path: q.URL.Path, URI: q.RequestURI, Header: q.Header.Clone(), Body: string(body)})
		if handler != nil {
			q.Body = io.NopCloser(bytes.NewReader(body))
			handler(w, q)
		}
	}))
	return r
}

func (r *Receiver) record(q Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, q)
}

// Requests returns what was received, in order.
func (r *Receiver) Requests() []Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}
