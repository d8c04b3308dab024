package egress

import (
	"bytes"
	"net"
	"net/textproto"
	"strconv"
)

// watch looks at the head of each answer as it comes over a connection, for
// what net/http silently repairs: a message with two lengths, and bytes after its
// end. Both are how one answer is smuggled into another. It belongs to the
// goroutine that reads.
type watch struct {
	head []byte // of the answer, as far as it came
	done bool   // the answer's head is complete; the rest is not examined
}

var headEnd = []byte("\r\n\r\n")

// odd reports whether what was read next shows that the connection should not
// be used again.
func (w *watch) odd(p []byte) bool {
	for w.head = append(w.head, p...); !w.done; {
		head, rest, whole := bytes.Cut(w.head, headEnd)
		switch {
		case !whole && len(w.head) > MaxResponseHeaderBytes:
			w.done, w.head = true, nil
			return true
		case !whole:
			return false
		case isInterim(head):
			w.head = rest
			continue
		}
		w.done, w.head = true, nil
		return badlyFramed(head, len(rest))
	}
	w.head = nil
	return false
}

// isInterim reports whether another answer follows, as after 100 Continue.
func isInterim(head []byte) bool {
	return bytes.HasPrefix(head, []byte("HTTP/1.1 1")) && !bytes.HasPrefix(head, []byte("HTTP/1.1 101"))
}

// badlyFramed reports whether an answer says how long it is in two ways, or is
// followed by more than that.
func badlyFramed(head []byte, follows int) bool {
	status, fields, _ := bytes.Cut(head, []byte("\r\n"))
	lengths, chunked, length := 0, false, -1
	for line := range bytes.SplitSeq(fields, []byte("\r\n")) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch textproto.CanonicalMIMEHeaderKey(string(bytes.TrimSpace(name))) {
		case "Transfer-Encoding":
			chunked = true
		case "Content-Length":
			lengths++
			if n, err := strconv.Atoi(string(bytes.TrimSpace(value))); err == nil {
				length = n
			}
		}
	}
	if words := bytes.Fields(status); len(words) > 1 && (string(words[1]) == "204" || string(words[1]) == "304") {
		length, chunked = 0, false
	}
	return lengths > 1 || lengths > 0 && chunked || !chunked && length >= 0 && follows > length
}

// secured is a connection of HTTP/1 over TLS, which is watched above it.
type secured struct {
	net.Conn
	wire *connection
}

// Read implements net.Conn.
func (s *secured) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p)
	s.wire.look(p[:n])
	return n, err
}
