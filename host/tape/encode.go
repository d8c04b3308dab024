package tape

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/klauspost/compress/zstd"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/usherhost/usher/host"
	tapev1 "github.com/usherhost/usher/proto/usher/tape/v1"
)

// Encode returns the stored form of a tape, of whose requests and answers it has at
// most bodyBytes each, and marks those that it cut. A bodyBytes of 0 cuts none. The
// calls must be numbered from 0.
//
// What it returns has secrets in readable form: seal it.
func Encode(t *host.Tape, bodyBytes int64) ([]byte, error) {
	e := encoders.Get().(*encoder)
	defer e.release()
	e.bodyBytes = bodyBytes
	if n := len(t.Calls) + len(t.Untaken); n > MaxCalls {
		return nil, fmt.Errorf("encode tape: it has %d calls, at most %d can be read", n, MaxCalls)
	}
	e.out = append(e.out, make([]byte, preambleBytes)...)
	if err := e.header(t); err != nil {
		return nil, err
	}
	for i := range t.Calls {
		if t.Calls[i].Ordinal != i {
			return nil, fmt.Errorf("encode tape: call %d has the number %d", i, t.Calls[i].Ordinal)
		}
		if err := e.call(&t.Calls[i]); err != nil {
			return nil, err
		}
	}
	for i := range t.Untaken {
		if err := e.call(&t.Untaken[i]); err != nil {
			return nil, err
		}
	}
	if len(e.block) > 0 {
		e.flush()
	}
	if e.bytes > MaxBytes {
		return nil, fmt.Errorf("encode tape: it has %d bytes, at most %d can be read", e.bytes, MaxBytes)
	}
	preamble(e.out)
	return slices.Clone(e.out), nil
}

// encoder has the room that one encoding needs, for the next.
type encoder struct {
	bodyBytes int64
	out       []byte
	block     []byte // records that are not in out yet
	packed    []byte
	calls     uint64 // in block
	bytes     int    // of all blocks, unpacked

	usedBlock, usedPacked int // of the room, since the last release

	head   tapev1.Header
	record tapev1.Call
}

var encoders = sync.Pool{New: func() any { return &encoder{} }}

// maxPooledBytes is the most room that is pooled.
const maxPooledBytes = 2 * blockBytes

func (e *encoder) release() {
	if cap(e.out)+cap(e.block)+cap(e.packed) > 3*maxPooledBytes {
		return
	}
	e.usedBlock = max(e.usedBlock, len(e.block))
	for _, b := range [][]byte{e.out, e.block[:e.usedBlock], e.packed[:e.usedPacked]} { // they had secrets
		clear(b)
	}
	e.out, e.block, e.packed, e.calls = e.out[:0], e.block[:0], e.packed[:0], 0
	e.bytes, e.usedBlock, e.usedPacked = 0, 0, 0
	e.head.Reset()
	e.record.Reset()
	encoders.Put(e)
}

// Short blocks are compressed without entropy coding: it takes four times as long there as
// all the rest, for a fifth of the bytes.
var (
	zstdShort = newZstd(true)
	zstdLong  = newZstd(false)
)

func newZstd(short bool) *zstd.Encoder {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(blockBytes),
		zstd.WithEncoderCRC(false), zstd.WithLowerEncoderMem(true), zstd.WithNoEntropyCompression(short))
	if err != nil {
		panic(err) // its options never change
	}
	_ = w.EncodeAll([]byte{0}, nil) // it makes its channel now: tests with a clock of their own share it
	return w
}

// header begins the first block.
func (e *encoder) header(t *host.Tape) error {
	h := &e.head
	h.Calls, h.Untaken, h.Seed, h.Key = uint32(len(t.Calls)), uint32(len(t.Untaken)), t.Seed, t.Key
	h.UserMetadataBytes, h.AppMetadataBytes = int64(t.UserMetadataBytes), int64(t.AppMetadataBytes)
	var err error
	if h.Settings, err = packSettings(t.Settings); err != nil {
		return err
	}
	if !t.Start.IsZero() {
		h.StartUs = proto.Int64(t.Start.UnixMicro())
	}
	for _, name := range slices.Sorted(maps.Keys(t.Secrets)) {
		h.Secrets = append(h.Secrets, &tapev1.Secret{Name: name, Value: []byte(t.Secrets[name])})
	}
	if len(h.Secrets) > 0 && h.Key == nil {
		h.Key = make([]byte, keyBytes)
		_, _ = rand.Read(h.Key) // never fails
	}
	return e.append(h)
}

func (e *encoder) call(c *host.Call) error {
	e.calls++
	if n := int64(max(len(c.Request), len(c.Answer))); c.RequestCut != nil || c.AnswerCut != nil || e.bodyBytes > 0 && n > e.bodyBytes ||
		c.HeldBytes != 0 || c.Attempt != 0 || !c.At.IsZero() {
		if err := e.unusual(c); err != nil {
			return err
		}
	} else {
		e.usual(c)
	}
	if len(e.block) >= blockBytes {
		e.flush()
	}
	return nil
}

// usual appends the record of a call that has the first five fields alone, as nearly all
// have: by itself, since this is most of the work for a tape.
func (e *encoder) usual(c *host.Call) {
	size := 0
	for _, n := range [...]uint64{uint64(c.Ordinal), uint64(c.EndMicros)} {
		if n != 0 {
			size += 1 + protowire.SizeVarint(n)
		}
	}
	for _, n := range [...]int{len(c.Function), len(c.Request), len(c.Answer)} {
		if n != 0 {
			size += 1 + protowire.SizeBytes(n)
		}
	}
	b := protowire.AppendVarint(e.block, uint64(size))
	if c.Ordinal != 0 {
		b = protowire.AppendVarint(protowire.AppendTag(b, 1, protowire.VarintType), uint64(c.Ordinal))
	}
	if c.Function != "" {
		b = protowire.AppendString(protowire.AppendTag(b, 2, protowire.BytesType), c.Function)
	}
	if len(c.Request) > 0 {
		b = protowire.AppendBytes(protowire.AppendTag(b, 3, protowire.BytesType), c.Request)
	}
	if len(c.Answer) > 0 {
		b = protowire.AppendBytes(protowire.AppendTag(b, 4, protowire.BytesType), c.Answer)
	}
	if c.EndMicros != 0 {
		b = protowire.AppendVarint(protowire.AppendTag(b, 5, protowire.VarintType), uint64(c.EndMicros))
	}
	e.block = b
}

// unusual appends the record of any call.
func (e *encoder) unusual(c *host.Call) error {
	r := &e.record
	r.Ordinal, r.Function, r.EndUs, r.HeldBytes = uint32(c.Ordinal), c.Function, c.EndMicros, c.HeldBytes
	request, requestCut := cut(c.Request, c.RequestCut, e.bodyBytes)
	answer, answerCut := cut(c.Answer, c.AnswerCut, e.bodyBytes)
	r.Request, r.RequestCut, r.Answer, r.AnswerCut = request, cutRecord(requestCut), answer, cutRecord(answerCut)
	r.Attempt, r.AtUs = uint32(c.Attempt), nil
	if !c.At.IsZero() {
		r.AtUs = proto.Int64(c.At.UnixMicro())
	}
	return e.append(r)
}

func cutRecord(c *host.Cut) *tapev1.Cut {
	if c == nil {
		return nil
	}
	return &tapev1.Cut{Bytes: c.Bytes, Sha256: c.SHA256}
}

// append adds a record to the block.
func (e *encoder) append(m proto.Message) error {
	o := proto.MarshalOptions{}
	e.block = binary.AppendUvarint(e.block, uint64(o.Size(m)))
	o.UseCachedSize = true
	var err error
	if e.block, err = o.MarshalAppend(e.block, m); err != nil {
		return fmt.Errorf("encode tape: %w", err)
	}
	return nil
}

// flush ends the block.
func (e *encoder) flush() {
	content := e.block
	if len(content) >= packBytes {
		writer := zstdShort
		if len(content) >= longBlockBytes {
			writer = zstdLong
		}
		if e.packed = writer.EncodeAll(content, e.packed[:0]); len(e.packed) < len(content) {
			content = e.packed
		}
		e.usedPacked = max(e.usedPacked, len(e.packed))
	}
	e.usedBlock = max(e.usedBlock, len(e.block))
	e.out = binary.AppendUvarint(e.out, e.calls)
	e.out = binary.AppendUvarint(e.out, uint64(len(content)))
	e.out = binary.AppendUvarint(e.out, uint64(len(e.block)))
	e.out = append(e.out, content...)
	e.bytes += len(e.block)
	e.block, e.calls = e.block[:0], 0
}
