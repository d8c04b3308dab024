package guest

import (
	"crypto/sha256"
	"slices"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/fair"
	"github.com/usherhost/usher/host/sandbox"
	"github.com/usherhost/usher/host/webcrypto"
)

// cryptoRequest is what the tape records of a request to crypto_call. The bytes,
// which hold keys, are not needed: a run that is played again brings the same.
type cryptoRequest struct {
	Operation string `json:"operation"`
	SHA256    []byte `json:"sha256"`
}

// cryptoAnswer is what the tape records of an answer: all of it when it came
// about by chance, nothing when the request gives the same again.
type cryptoAnswer struct {
	Bytes []byte `json:"bytes,omitempty"`
}

func (q cryptoRequest) measure(m *measure) {
	m.bytes += structBytes
	m.text(q.Operation)
}

func (a cryptoAnswer) measure(m *measure) {
	m.bytes += structBytes
	m.base64(a.Bytes)
}

// heavy are the places of what takes much of the host's memory or time: two in
// all, and one action never has both.
var heavy = fair.New(2)

// cryptoCall does an operation of package webcrypto. A failure is an
// answer too, but the run's deadline stops long work, for which it pays fuel.
func cryptoCall(s *sandbox.Call, c *call, stack []uint64) {
	read, sum := readCrypto(s, stack[0])
	var answer []byte
	do(c, "crypto_call", cryptoRequest{read.Name(), sum}, func(note *host.CallNote) cryptoAnswer {
		note.Target = read.Name()
		var err error
		if answer, err = c.compute(s, read); err != nil {
			note.Error = err.Error()
			return cryptoAnswer{}
		}
		if !read.Pure() {
			answer = c.drawn(answer)
		}
		recorded := cryptoAnswer{answer}
		if read.Pure() {
			answer, recorded = c.computed(answer)
		}
		note.Bytes = int64(len(answer))
		return recorded
	})
	stack[0] = s.Put(answer)
}

// computed returns an answer that follows from its request, and what the tape has of it:
// nothing, unless the run is played for a recording without secrets or from one. There
// placeholders are computed with, and an answer that was sent must be the one that was.
func (c *call) computed(answer []byte) ([]byte, cryptoAnswer) {
	w, played := c.world.(*exact)
	switch {
	case !played:
		return answer, cryptoAnswer{}
	case w.recorded.Computed:
		return answer, cryptoAnswer{answer}
	case w.recorded.Masker == nil || w.taped == nil || len(w.taped.Answer) == 0:
		return answer, cryptoAnswer{}
	}
	var taped cryptoAnswer
	c.read(w.taped.Answer, &taped)
	if taped.Bytes == nil {
		return answer, taped
	}
	return taped.Bytes, taped
}

// drawn returns the answer that came about by chance: the one that was computed now, or
// the one that is given to a run that is played or that resumes.
func (c *call) drawn(computed []byte) []byte {
	given := c.resumes.given()
	if c.world != nil {
		given = c.world.drawn()
	}
	if given == nil {
		return computed
	}
	var drawn cryptoAnswer
	c.read(given, &drawn)
	return drawn.Bytes
}

// readCrypto reads a request and returns its digest. One that is too long is
// not read.
func readCrypto(s *sandbox.Call, offset uint64) (read *webcrypto.Request, sum []byte) {
	digest := sha256.New()
	if n := s.Length("crypto_call", offset); n > webcrypto.MaxRequestBytes {
		return webcrypto.TooLong(n), digest.Sum(nil)
	}
	request := s.Bytes("crypto_call", offset)
	s.Burn(int64(len(request)))
	for piece := range slices.Chunk(request, pieceBytes) {
		s.Check()
		_, _ = digest.Write(piece) // never fails
	}
	return webcrypto.Read(request), digest.Sum(nil)
}

// compute does an operation, in its turn when it is a heavy one.
func (c *call) compute(s *sandbox.Call, read *webcrypto.Request) ([]byte, error) {
	if c.world != nil {
		if err := c.world.cut(); err != nil {
			return nil, err
		}
	}
	if read.Heavy() {
		if err := heavy.Enter(s, c.run.Step.ActionID); err != nil {
			return nil, err
		}
		defer heavy.Leave(c.run.Step.ActionID)
	}
	return webcrypto.Answer(s, read)
}

// pieceBytes is how much is worked through between looks at the run's deadline:
// a millisecond's work, or little more.
const pieceBytes = 256 << 10
