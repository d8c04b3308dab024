package egress

import "testing"

func TestAnswersThatAreFramedBadlyAreSeen(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		odd        bool
		behind     bool // what is odd follows the head
	}{
		{"plain", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", false, false},
		{"in chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", false, false},
		{"after interim answers", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\nHTTP/1.1 204 No\r\n\r\n", false, false},
		{"without a length", "HTTP/1.1 200 OK\r\n\r\nall that comes", false, false},
		{"of HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n", false, false},
		{"of two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\ncontent-length: 2\r\n\r\nok", true, false},
		{"of a length and chunks", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", true, false},
		{"with more behind", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP", true, true},
		{"204 with more behind", "HTTP/1.1 204 No\r\n\r\nevil", true, true},
		{"304 with more behind", "HTTP/1.1 304 Same\r\nContent-Length: 200\r\n\r\nevil", true, true},
		{"with more behind, after an interim answer", "HTTP/1.1 102 Wait\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nx", true, true},
	} {
		if w := (&watch{}); w.odd([]byte(tt.text)) != tt.odd {
			t.Errorf("an answer %s is odd: %t, want %t", tt.name, !tt.odd, tt.odd)
		}
		w, odd := &watch{}, false
		for i := range len(tt.text) {
			odd = w.odd([]byte(tt.text[i:i+1])) || odd
		}
		if odd != tt.odd && !tt.behind { // what comes later is the transport's to see
			t.Errorf("byte by byte, an answer %s is odd: %t, want %t", tt.name, odd, tt.odd)
		}
	}
}
