package guest

import (
	"crypto/sha256"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox"
	"github.com/usherhost/usher/host/webcrypto"
)

// cryptoRequest is what the tape tells of a request to crypto_call. The bytes,
// which hold keys, are not needed: a run that is played again brings the same.
type cryptoRequest struct {
	Operation string `json:"operation"`
	SHA256    []byte `json:"sha256"`
}

// cryptoAnswer is what the tape tells of an answer: all of it when it came
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

// cryptoCall does an operation of package webcrypto. What goes wrong is an
// answer too, but the run's deadline stops long work.
func cryptoCall(s *sandbox.Call, c *call, stack []uint64) {
	request := s.Bytes("crypto_call", stack[0])
	read := webcrypto.Read(request)
	sum := sha256.Sum256(request)
	var answer []byte
	do(c, "crypto_call", cryptoRequest{read.Name(), sum[:]}, func(note *host.CallNote) cryptoAnswer {
		note.Target = read.Name()
		var err error
		if answer, err = webcrypto.Answer(s, read); err != nil {
			note.Error = err.Error()
			return cryptoAnswer{}
		}
		note.Bytes = int64(len(answer))
		if read.Pure() {
			return cryptoAnswer{}
		}
		return cryptoAnswer{answer}
	})
	stack[0] = s.Put(answer)
}
