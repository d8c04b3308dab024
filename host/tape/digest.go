package tape

import (
	"crypto/hmac"
	"crypto/sha256"

	"github.com/usherhost/usher/host"
)

// keyBytes is the length of a tape's key.
const keyBytes = 16

// digestBytes is the length of a call's digest.
const digestBytes = 16

// Digest returns what a call's real request is recognized by where it must not be
// readable: a MAC of the function and the request under the tape's key. It is nil
// without a key. Of a request that was cut it is the MAC of the whole one's SHA-256.
func Digest(key []byte, c *host.Call) []byte {
	if len(key) == 0 {
		return nil
	}
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte(c.Function)) // never fails, as below
	_, _ = mac.Write([]byte{0})
	if c.RequestCut != nil {
		_, _ = mac.Write(c.RequestCut.SHA256)
	} else {
		sum := sha256.Sum256(c.Request)
		_, _ = mac.Write(sum[:])
	}
	return mac.Sum(nil)[:digestBytes]
}
