// Package webcrypto does for guests what they are too slow for: digests, key
// derivation, ciphers and signatures. It knows bytes and keeps nothing: every
// request brings its key. What JavaScript calls these things, and who may ask,
// is other people's business.
package webcrypto

import (
	"errors"
	"slices"
)

// Request is one operation, read from what a guest passed.
type Request struct {
	head  head
	parts [][]byte
}

// operation is one thing that a guest can ask for.
type operation struct {
	run func(Caller, *Request) (answer, error)
	// parts says how many parts a request has at least; those that are
	// missing up to four are empty.
	parts int
	// pure says that the answer follows from the request alone.
	pure func(*Request) bool
}

func always(*Request) bool { return true }
func never(*Request) bool  { return false }

var operations = map[string]operation{
	"digest":      {run: digest, parts: 1, pure: always},
	"hmac":        {run: mac, parts: 2, pure: always},
	"pbkdf2":      {run: pbkdf2, parts: 2, pure: always},
	"hkdf":        {run: deriveHKDF, parts: 3, pure: always},
	"scrypt":      {run: deriveScrypt, parts: 2, pure: always},
	"encrypt":     {run: encrypt, parts: 3, pure: always},
	"decrypt":     {run: decrypt, parts: 3, pure: always},
	"import":      {run: importKey, parts: 1, pure: always},
	"export":      {run: exportKey, parts: 1, pure: exportIsPure},
	"sign":        {run: sign, parts: 2, pure: never},
	"verify":      {run: verify, parts: 3, pure: always},
	"rsa_encrypt": {run: rsaEncrypt, parts: 2, pure: rsaEncryptIsPure},
	"rsa_decrypt": {run: rsaDecrypt, parts: 2, pure: always},
	"agree":       {run: agree, parts: 2, pure: always},
	"generate":    {run: generate, parts: 0, pure: never},
	"certificate": {run: certificate, parts: 1, pure: always},
	"power":       {run: raise, parts: 3, pure: always},
	"bcrypt":      {run: deriveBcrypt, parts: 2, pure: always},
}

// Operations returns the names of all operations, sorted.
func Operations() []string {
	names := make([]string, 0, len(operations))
	for name := range operations {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Name is the operation's name with the parameter that identifies it to people:
// "digest sha256". It has only known words, none that a guest made up.
func (r *Request) Name() string {
	if _, found := operations[r.head.Op]; !found {
		return "unknown"
	}
	for _, word := range []string{r.head.Hash, r.head.Cipher, r.head.Type, r.head.Format} {
		if known(word) {
			return r.head.Op + " " + word
		}
	}
	return r.head.Op
}

// known reports whether a word is one of the host's own, and not a guest's.
func known(word string) bool {
	_, suite := suites[word]
	_, hash := hashes[word]
	return suite || hash || slices.Contains([]string{"rsa", "ec", "ed25519", "x25519", "pem", "der", "jwk", "raw"}, word)
}

// Pure reports whether the same request always has the same answer.
func (r *Request) Pure() bool {
	op, found := operations[r.head.Op]
	return !found || op.pure(r)
}

// Answer does what a request asks for. What goes wrong is an answer too,
// except that ctx ended: long work stops then and its error is returned. It
// charges ctx for the work.
//
// The answer has the request's form. Its head is empty when it is one part
// alone; it is {"error": {"name", "message", "code"}} when the operation
// failed, named as the Web Cryptography API and Node.js name it.
func Answer(ctx Caller, request *Request) ([]byte, error) {
	a, err := request.do(ctx)
	if ended := ctx.Err(); ended != nil {
		return nil, ended
	}
	if err != nil {
		return compose(failed(err), nil), nil
	}
	return compose(a.info, a.parts), nil
}

// maxParts is how many parts an operation looks at.
const maxParts = 4

func (r *Request) do(ctx Caller) (answer, error) {
	if err := spend(ctx, requestUnits); err != nil {
		return answer{}, err
	}
	op, found := operations[r.head.Op]
	switch {
	case r.head.broken != nil:
		return answer{}, r.head.broken
	case !found:
		return answer{}, unsupported("the operation is not one of those that the host has")
	case len(r.parts) < op.parts:
		return answer{}, invalid("%s takes %d parts of bytes, got %d", r.head.Op, op.parts, len(r.parts))
	}
	for len(r.parts) < maxParts {
		r.parts = append(r.parts, nil)
	}
	return op.run(ctx, r)
}

// failure is an operation's error as a guest gets it.
type failure struct {
	Name    string `json:"name"`           // of a DOMException
	Message string `json:"message"`        // for people; Node's own where code reads it
	Code    string `json:"code,omitempty"` // Node's
}

// Error implements error.
func (f *failure) Error() string { return f.Message }

// failed returns err as the head of an answer.
func failed(err error) any {
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{Name: "OperationError", Message: err.Error()}
	}
	return struct {
		Error *failure `json:"error"`
	}{f}
}
