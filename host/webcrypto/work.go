package webcrypto

import (
	"context"
	"crypto/rsa"
	"hash"
	"slices"
)

// Caller is the run that an operation is done for. Its end is the work's end:
// what takes longer than a few milliseconds looks at it in between.
type Caller interface {
	context.Context
	// Burn charges the run for work that is about to be done, in units of about
	// a nanosecond. It may end the run, and then does not return.
	Burn(units int64)
}

// The bounds of this package are also in proto/abi/abi.json: change both.

// What operations cost in fuel, as measured on the machine that the benchmarks
// of the README ran on. The same request costs the same on every machine.
const (
	hashByteUnits    = 3         // of the most expensive digest in common use
	hashUnits        = 300       // of one digest, besides its bytes
	cipherByteUnits  = 2         //
	wrapBlockUnits   = 40        // one of the six rounds of AES key wrap over 8 bytes
	mixByteUnits     = 2         // of scrypt, for each byte that it mixes
	parseByteUnits   = 20        // of keys and certificates
	curveUnits       = 1_000_000 // a signature or an agreement on a curve
	requestUnits     = 20_000    // any request
	privateBits3     = 4096      // an operation with a private RSA key takes its bits³ over this
	publicBits2      = 16        // one with a public key its bits² over this
	parseBytes3      = 2048      // of DER, to the third, over this
	generateBits3    = 64        // a new RSA key takes its bits³ over this
	powerBits3       = 2048      // a power takes its modulus's bits² times its exponent's bits over this
	bcryptRoundUnits = 80_000    // one of the 2^cost rounds of bcrypt
)

// pieceBytes is how much is hashed or encrypted between looks at the run's end:
// less than a millisecond's work, or little more.
const pieceBytes = 256 << 10

// spend charges for work that is about to be done, and fails when the caller's
// time is over.
func spend(ctx Caller, units int64) error {
	ctx.Burn(units)
	return ctx.Err()
}

// write hashes data piece by piece.
func write(ctx Caller, h hash.Hash, data []byte) error {
	for piece := range slices.Chunk(data, pieceBytes) {
		if err := spend(ctx, hashByteUnits*int64(len(piece))); err != nil {
			return err
		}
		_, _ = h.Write(piece) // never fails
	}
	return nil
}

// checkPart bounds what an operation can't do piece by piece.
func checkPart(what string, part []byte, most int) error {
	if len(part) > most {
		return tooMuch("%s may have at most %d bytes here, got %d", what, most, len(part))
	}
	return nil
}

// MaxRequestBytes is how long a request may be: longer ones are refused unread.
const MaxRequestBytes = 16 << 20

// TooLong is a request that has n bytes, more than one may have.
func TooLong(n int) *Request {
	return &Request{head: head{broken: tooMuch("a request may have at most %d bytes, this one has %d: digest or encrypt in pieces", MaxRequestBytes, n)}}
}

// maxMessageBytes is the longest text of an Ed25519 signature, which is hashed
// in one piece, and twice.
const maxMessageBytes = 4 << 20

func payMessage(ctx Caller, message []byte) error {
	if err := checkPart("what Ed25519 signs", message, maxMessageBytes); err != nil {
		return err
	}
	return spend(ctx, 2*hashByteUnits*int64(len(message)))
}

// payPrivate charges for one operation with a private key.
func payPrivate(ctx Caller, key any) error {
	if k, ok := key.(*rsa.PrivateKey); ok {
		return spend(ctx, cube(k.N.BitLen())/privateBits3)
	}
	return spend(ctx, curveUnits)
}

// payKey charges for reading a key: one with more bytes may be of RSA, and to
// check that takes as long as to use it.
func payKey(ctx Caller, key []byte) error {
	most := min(int64(len(key)), maxPrivateBytes)
	return spend(ctx, curveUnits+parseByteUnits*int64(len(key))+most*most*most/parseBytes3)
}

// payPublic charges for one operation with a public key.
func payPublic(ctx Caller, key any) error {
	if k, ok := key.(*rsa.PublicKey); ok {
		return spend(ctx, int64(k.N.BitLen())*int64(k.N.BitLen())/publicBits2)
	}
	return spend(ctx, curveUnits)
}

// Heavy reports whether the request takes so much of the host, memory or time,
// that only few of its kind should be done at once.
func (r *Request) Heavy() bool {
	return r.head.Op == "scrypt" || r.head.Op == "generate" && r.head.Type == "rsa"
}

func cube(bits int) int64 { return int64(bits) * int64(bits) * int64(bits) }
