package webcrypto

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// head says what a request asks for. What an operation does not use is let
// pass.
type head struct {
	Op    string `json:"op"`
	Parts []int  `json:"parts"` // how long each part of the bytes is; none: one part

	Hash       string `json:"hash"`
	Length     int    `json:"length"` // of the answer, in bytes
	Iterations int    `json:"iterations"`
	N          int    `json:"n"`
	R          int    `json:"r"`
	P          int    `json:"p"`

	Cipher   string `json:"cipher"`
	TagBytes int    `json:"tag_bytes"` // 0: 16
	Unpadded bool   `json:"unpadded"`  // CBC and ECB: leave PKCS 7 padding to the guest

	Kind       string          `json:"kind"` // private or public
	Format     string          `json:"format"`
	Type       string          `json:"type"`
	Curve      string          `json:"curve"`
	Bits       int             `json:"bits"`
	Exponent   int             `json:"exponent"`
	Padding    string          `json:"padding"`
	SaltLength *int            `json:"salt_length"`
	Encoding   string          `json:"encoding"` // of an ECDSA signature: der or ieee-p1363
	JWK        json.RawMessage `json:"jwk"`

	broken error
}

// lengthBytes is the length of a head's length.
const lengthBytes = 4

// maxHeadBytes is more than any head needs: the longest brings a JWK.
const maxHeadBytes = 64 << 10

// Read reads a request: the length of its head in 4 bytes, little endian, the
// head, then bytes. A head is a JSON object, or the short form of the two
// operations that must be fast: "digest HASH", and "hmac HASH n" where the key
// is the first n bytes. [Answer] reports a malformed request.
func Read(request []byte) *Request {
	r := &Request{}
	if len(request) > MaxRequestBytes {
		return TooLong(len(request))
	}
	if len(request) < lengthBytes {
		r.head.broken = invalid("the request has %d bytes, too few for the length of its head", len(request))
		return r
	}
	length, rest := binary.LittleEndian.Uint32(request), request[lengthBytes:]
	if uint64(length) > uint64(len(rest)) {
		r.head.broken = invalid("the request's head should have %d bytes, but only %d follow", length, len(rest))
		return r
	}
	if length > maxHeadBytes {
		r.head.broken = tooMuch("the request's head has %d bytes (limit %d)", length, maxHeadBytes)
		return r
	}
	text, rest := rest[:length], rest[length:]
	if bytes.HasPrefix(text, []byte("{")) {
		r.head.broken = r.readLong(text, rest)
	} else {
		r.head.broken = r.readShort(string(text), rest)
	}
	return r
}

func (r *Request) readLong(text, rest []byte) error {
	if err := json.Unmarshal(text, &r.head); err != nil {
		return invalid("the request's head is malformed: %v", err)
	}
	if r.head.Parts == nil {
		r.parts = [][]byte{rest}
		return nil
	}
	for i, n := range r.head.Parts {
		if n < 0 || n > len(rest) {
			return invalid("part %d of the request should have %d bytes, but %d are left", i, n, len(rest))
		}
		r.parts = append(r.parts, rest[:n:n])
		rest = rest[n:]
	}
	if len(rest) > 0 {
		return invalid("%d bytes of the request belong to no part", len(rest))
	}
	return nil
}

func (r *Request) readShort(text string, rest []byte) error {
	words := strings.Split(text, " ")
	switch {
	case len(words) == 2 && words[0] == "digest":
		r.parts = [][]byte{rest}
	case len(words) == 3 && words[0] == "hmac":
		n, err := strconv.Atoi(words[2])
		if err != nil || n < 0 || n > len(rest) {
			return invalid("the key of hmac should have %q bytes, but %d are there", words[2], len(rest))
		}
		r.parts = [][]byte{rest[:n:n], rest[n:]}
	default:
		return invalid("the request's head is neither a JSON object nor a short form")
	}
	r.head.Op, r.head.Hash = words[0], words[1]
	return nil
}

// answer is what an operation comes to.
type answer struct {
	info  map[string]any // none: the only part is all there is to say
	parts [][]byte
}

func bare(b []byte) answer { return answer{parts: [][]byte{b}} }

// compose puts an answer into the request's form.
func compose(info any, parts [][]byte) []byte {
	m, _ := info.(map[string]any)
	if m == nil && len(parts) == 1 {
		return append(make([]byte, lengthBytes, lengthBytes+len(parts[0])), parts[0]...)
	}
	if len(parts) > 0 {
		lengths := make([]int, len(parts))
		for i, p := range parts {
			lengths[i] = len(p)
		}
		if m == nil {
			m = map[string]any{}
		}
		m["parts"] = lengths
		info = m
	}
	text, err := json.Marshal(info)
	if err != nil {
		panic(fmt.Errorf("encode an answer: %w", err)) // maps of strings and numbers always have a form
	}
	b := binary.LittleEndian.AppendUint32(make([]byte, 0, lengthBytes+len(text)), uint32(len(text)))
	b = append(b, text...)
	return append(b, bytes.Join(parts, nil)...)
}

// invalid is the guest's mistake in a request.
func invalid(format string, args ...any) error {
	return &failure{Name: "DataError", Code: "ERR_INVALID_ARG_VALUE", Message: fmt.Sprintf(format, args...)}
}

// unsupported is what this host can't do.
func unsupported(format string, args ...any) error {
	return &failure{Name: "NotSupportedError", Code: "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM", Message: fmt.Sprintf(format, args...)}
}

// tooMuch is what would cost the host too much.
func tooMuch(format string, args ...any) error {
	return &failure{Name: "OperationError", Code: "ERR_OUT_OF_RANGE", Message: fmt.Sprintf(format, args...)}
}

// rejected is what an algorithm refuses, in Node's words.
func rejected(code, message string) error {
	return &failure{Name: "OperationError", Code: code, Message: message}
}
