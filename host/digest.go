package host

import (
	"crypto/sha256"
	"encoding/hex"
)

// Digest names a module by its content: "sha256:" and the hash in hexadecimal.
func Digest(module []byte) string {
	sum := sha256.Sum256(module)
	return "sha256:" + hex.EncodeToString(sum[:])
}
