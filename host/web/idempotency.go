package web

import (
	"net/http"

	"github.com/usherhost/usher/host"
)

// HeaderIdempotencyKey carries the name that a sender gives a request, by which a
// repeated one is recognized.
const HeaderIdempotencyKey = "Idempotency-Key"

const maxIdempotencyKeyBytes = 256

// IdempotencyKey returns the header's value, "" when the request has none. An error has
// [host.Invalid].
func IdempotencyKey(header http.Header) (string, error) {
	values := header[HeaderIdempotencyKey]
	if len(values) == 0 {
		return "", nil
	}
	if len(values) == 1 && visible(values[0]) {
		return values[0], nil
	}
	return "", &host.Error{
		Code: host.Invalid, Text: "the header Idempotency-Key is not valid",
		Hint: "send it once, with 1 to 256 visible ASCII characters, such as a UUID",
	}
}

func visible(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= maxIdempotencyKeyBytes
}
