package webcrypto

import (
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"slices"

	"golang.org/x/crypto/chacha20"
)

// desUnits is how many times a byte of triple DES costs what one of AES does, and a
// byte of cfb8, which takes a block for each.
const (
	desUnits  = 20
	cfb8Units = 16
)

// units returns what a byte costs under the suite.
func (s suite) units() int64 {
	units := int64(cipherByteUnits)
	if s.block != nil && s.blockBytes() == 8 {
		units *= desUnits
	}
	if s.mode == "cfb8" {
		units *= cfb8Units
	}
	return units
}

// feedback runs the modes that make a stream of a block cipher and are not counted: CFB
// with whole blocks or single bytes, and OFB.
func feedback(ctx Caller, s suite, key, iv, data []byte, encrypting bool) (answer, error) {
	out := make([]byte, len(data))
	stream := s.stream(key, iv, encrypting)
	rest := out
	for piece := range slices.Chunk(data, pieceBytes/cfb8Units) {
		if err := spend(ctx, s.units()*int64(len(piece))); err != nil {
			return answer{}, err
		}
		stream.XORKeyStream(rest, piece)
		rest = rest[len(piece):]
	}
	return bare(out), nil
}

func (s suite) stream(key, iv []byte, encrypting bool) cipher.Stream {
	switch {
	case s.mode == "chacha20":
		c, err := chacha20.NewUnauthenticatedCipher(key, iv[4:])
		if err != nil {
			panic(err) // both fit
		}
		c.SetCounter(binary.LittleEndian.Uint32(iv))
		return c
	case s.mode == "ofb":
		return cipher.NewOFB(s.block(key), iv) //nolint:staticcheck // guests speak to others who use it
	case s.mode == "cfb8":
		return &byteFeedback{s.block(key), slices.Clone(iv), encrypting}
	case encrypting:
		return cipher.NewCFBEncrypter(s.block(key), iv) //nolint:staticcheck // as above
	default:
		return cipher.NewCFBDecrypter(s.block(key), iv) //nolint:staticcheck // as above
	}
}

// byteFeedback is CFB with a feedback of 8 bits, which the standard library leaves out.
type byteFeedback struct {
	cipher.Block
	register   []byte
	encrypting bool
}

// XORKeyStream implements cipher.Stream.
func (f *byteFeedback) XORKeyStream(dst, src []byte) {
	pad := make([]byte, f.BlockSize())
	for i, in := range src {
		f.Encrypt(pad, f.register)
		dst[i] = in ^ pad[0]
		fed := in
		if f.encrypting {
			fed = dst[i]
		}
		copy(f.register, f.register[1:])
		f.register[len(f.register)-1] = fed
	}
}

// CCM is that of RFC 3610: a code by CBC over a first block, what is authenticated and
// the text, which is then encrypted by CTR. The standard library leaves it out.

// sealCCM takes what encrypt takes.
func (r *Request) sealCCM(ctx Caller) (answer, error) {
	key, iv, data, extra := r.parts[0], r.parts[1], r.parts[2], r.parts[3]
	tag, err := r.ccmTag(ctx, data)
	if err != nil {
		return answer{}, err
	}
	b := aesBlock(key)
	code := ccmCode(b, iv, data, extra, tag)
	out := make([]byte, len(data)+tag)
	ccmCrypt(b, iv, out, append(code, data...), tag)
	return bare(out), nil
}

// openCCM takes what decrypt takes.
func (r *Request) openCCM(ctx Caller) (answer, error) {
	key, iv, data, extra := r.parts[0], r.parts[1], r.parts[2], r.parts[3]
	tag, err := r.ccmTag(ctx, data)
	if err != nil {
		return answer{}, err
	}
	if len(data) < tag {
		return answer{}, errUnauthentic
	}
	b := aesBlock(key)
	text, sealed := data[:len(data)-tag], data[len(data)-tag:]
	plain := make([]byte, len(data))
	ccmCrypt(b, iv, plain, append(slices.Clone(sealed), text...), tag)
	opened, code := plain[:len(text)], plain[len(text):]
	if subtle.ConstantTimeCompare(code, ccmCode(b, iv, opened, extra, tag)) != 1 {
		return answer{}, errUnauthentic
	}
	return bare(opened), nil
}

// ccmTag returns how long the tag is, once the text's length fits the nonce's, and pays.
func (r *Request) ccmTag(ctx Caller, data []byte) (int, error) {
	tag := r.head.TagBytes
	if tag == 0 {
		tag = 16
	}
	if tag < 4 || tag > 16 || tag%2 != 0 {
		return 0, &failure{Name: "OperationError", Code: "ERR_CRYPTO_INVALID_AUTH_TAG", Message: "Invalid authentication tag length"}
	}
	if room := 15 - len(r.parts[1]); room < 4 && len(data) >= 1<<(8*room) {
		return 0, rejected("ERR_CRYPTO_INVALID_MESSAGELEN", "Message exceeds maximum size")
	}
	return tag, spend(ctx, 2*cipherByteUnits*int64(len(data)+len(r.parts[3])))
}

// ccmCrypt encrypts or decrypts input, whose first bytes are the code, to out, where
// they are the last.
func ccmCrypt(b cipher.Block, iv, out, input []byte, tag int) {
	counter := make([]byte, 16)
	counter[0] = byte(14 - len(iv))
	copy(counter[1:], iv)
	pad := make([]byte, 16)
	b.Encrypt(pad, counter)
	subtle.XORBytes(out[len(out)-tag:], input[:tag], pad)
	counter[15] = 1
	cipher.NewCTR(b, counter).XORKeyStream(out[:len(out)-tag], input[tag:]) //nolint:gosec // the nonce is in it
}

// ccmCode returns the code of text and extra.
func ccmCode(b cipher.Block, iv, text, extra []byte, tag int) []byte {
	head := make([]byte, 16)
	binary.BigEndian.PutUint64(head[8:], uint64(len(text)))
	copy(head[1:], iv)
	head[0] = byte(8*((tag-2)/2) | (14 - len(iv)))
	if len(extra) > 0 {
		head[0] |= 1 << 6
	}
	input := padBlock(slices.Concat(head, ccmExtra(extra)))
	input = padBlock(append(input, text...))
	out := make([]byte, len(input))
	cipher.NewCBCEncrypter(b, make([]byte, 16)).CryptBlocks(out, input) //nolint:gosec // a code, and no encryption
	return slices.Clone(out[len(out)-16:][:tag])
}

// ccmExtra returns what is authenticated with its length before it.
func ccmExtra(extra []byte) []byte {
	switch n := len(extra); {
	case n == 0:
		return nil
	case n < 1<<16-1<<8:
		return append(binary.BigEndian.AppendUint16(nil, uint16(n)), extra...)
	default:
		return append(binary.BigEndian.AppendUint32([]byte{0xff, 0xfe}, uint32(n)), extra...)
	}
}

// padBlock fills b with zeros to a whole block.
func padBlock(b []byte) []byte { return append(b, make([]byte, -len(b)&15)...) }
