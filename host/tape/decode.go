package tape

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"time"

	"github.com/klauspost/compress/zstd"
	"google.golang.org/protobuf/proto"

	"github.com/usherhost/usher/host"
	tapev1 "github.com/usherhost/usher/proto/usher/tape/v1"
)

// Reader reads an encoded tape. It is for one goroutine, and refers to the bytes that
// it was opened on.
type Reader struct {
	head   host.Tape
	blocks []block
	calls  int // records of calls and of what was not taken
	taken  int // of them, those of calls

	unpacked int // the block in content
	content  []byte
}

// block is where a block of an encoded tape is.
type block struct {
	first, calls int // of the block
	packed       []byte
	bytes        int // unpacked
}

// Decode returns all of an encoded tape.
func Decode(b []byte) (host.Tape, error) {
	r, err := Open(b)
	if err != nil {
		return host.Tape{}, err
	}
	t := r.Head()
	if t.Calls, err = r.Calls(0, r.Len()); err != nil {
		return host.Tape{}, err
	}
	t.Untaken, err = r.Untaken()
	return t, err
}

// Open reads the head of an encoded tape. A [host.Error] is Corrupt when b is not what
// Encode wrote, and Refused when a newer version of this package wrote it.
func Open(b []byte) (*Reader, error) {
	if len(b) > 0 && b[0] == '{' {
		return openJSON(b)
	}
	rest, err := body(b)
	if err != nil {
		return nil, err
	}
	r := &Reader{unpacked: -1}
	if err := r.findBlocks(rest); err != nil {
		return nil, err
	}
	return r, r.readHead()
}

// openJSON reads a tape that was stored as JSON.
func openJSON(b []byte) (*Reader, error) {
	if len(b) > MaxBytes {
		return nil, corrupt("the tape has more than %d bytes, the most that is read", MaxBytes)
	}
	var t host.Tape
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&t); err != nil {
		return nil, corrupt("this is no tape: %v", err)
	}
	if d.More() {
		return nil, corrupt("this is no tape: more follows its end")
	}
	for i := range t.Calls {
		if t.Calls[i].Ordinal != i {
			return nil, misplaced(i, t.Calls[i].Ordinal)
		}
	}
	return &Reader{head: t, taken: len(t.Calls)}, nil
}

// Head returns the tape without its calls, and without what was not taken.
func (r *Reader) Head() host.Tape {
	t := r.head
	t.Calls, t.Untaken = nil, nil
	return t
}

// Len returns the number of calls.
func (r *Reader) Len() int { return r.taken }

// Untaken returns the answers that the guest had not taken when its run ended.
func (r *Reader) Untaken() ([]host.Call, error) {
	if r.blocks == nil {
		return r.head.Untaken, nil
	}
	return r.records(r.taken, r.calls)
}

// findBlocks finds the blocks without unpacking them.
func (r *Reader) findBlocks(b []byte) error {
	all := 0
	for len(b) > 0 {
		var sizes [3]uint64
		for i := range sizes {
			var n int
			if sizes[i], n = binary.Uvarint(b); n <= 0 {
				return corrupt("the tape is damaged: block %d has no lengths", len(r.blocks))
			}
			b = b[n:]
		}
		calls, packed, unpacked := sizes[0], sizes[1], sizes[2]
		switch {
		case packed > uint64(len(b)) || packed > unpacked || unpacked == 0:
			return corrupt("the tape is damaged: block %d can't have %d bytes, and %d unpacked", len(r.blocks), packed, unpacked)
		case unpacked > MaxBytes-uint64(all):
			return corrupt("the tape has more than %d bytes unpacked, the most that is read", MaxBytes)
		case calls > MaxCalls-uint64(r.calls) || calls > unpacked/leastCallBytes:
			return corrupt("the tape is damaged: block %d can't have %d calls", len(r.blocks), calls)
		}
		r.blocks = append(r.blocks, block{first: r.calls, calls: int(calls), packed: b[:packed], bytes: int(unpacked)})
		r.calls, all, b = r.calls+int(calls), all+int(unpacked), b[packed:]
	}
	if len(r.blocks) == 0 {
		return corrupt("the tape is damaged: it has no header")
	}
	return nil
}

func (r *Reader) readHead() error {
	if err := r.unpack(0); err != nil {
		return err
	}
	record, _, err := next(r.content)
	if err != nil {
		return err
	}
	var h tapev1.Header
	if err := proto.Unmarshal(record, &h); err != nil {
		return corrupt("the tape's header is damaged: %v", err)
	}
	if all := int64(h.GetCalls()) + int64(h.GetUntaken()); all != int64(r.calls) {
		return corrupt("the tape has %d records of calls, its header says %d", r.calls, all)
	}
	r.taken = int(h.GetCalls())
	r.head = host.Tape{
		Seed: h.GetSeed(), Key: h.GetKey(),
		UserMetadataBytes: int(h.GetUserMetadataBytes()), AppMetadataBytes: int(h.GetAppMetadataBytes()),
	}
	if r.head.Settings, err = unpackSettings(h.GetSettings()); err != nil {
		return err
	}
	if h.StartUs != nil {
		r.head.Start = time.UnixMicro(h.GetStartUs()).UTC()
	}
	if len(h.GetSecrets()) > 0 {
		r.head.Secrets = make(map[string]string, len(h.GetSecrets()))
	}
	for _, s := range h.GetSecrets() {
		r.head.Secrets[s.GetName()] = string(s.GetValue())
	}
	return nil
}

// Calls returns up to limit calls from the one numbered first on. Only the blocks
// that have them are unpacked.
func (r *Reader) Calls(first, limit int) ([]host.Call, error) {
	first = min(max(first, 0), r.taken)
	end := first + min(max(limit, 0), r.taken-first)
	if r.blocks == nil {
		return r.head.Calls[first:end:end], nil
	}
	return r.records(first, end)
}

// records returns the records from first to end, end left out.
func (r *Reader) records(first, end int) ([]host.Call, error) {
	if first == end {
		return nil, nil
	}
	found := make([]host.Call, 0, end-first)
	for i := range r.blocks {
		b := &r.blocks[i]
		if b.first >= end || b.first+b.calls <= first {
			continue
		}
		calls, err := r.callsOf(i)
		if err != nil {
			return nil, err
		}
		found = append(found, calls[max(first-b.first, 0):min(end-b.first, len(calls))]...)
	}
	return found, nil
}

// callsOf returns the calls of a block.
func (r *Reader) callsOf(index int) ([]host.Call, error) {
	if err := r.unpack(index); err != nil {
		return nil, err
	}
	b, content := &r.blocks[index], r.content
	if index == 0 {
		_, rest, err := next(content)
		if err != nil {
			return nil, err
		}
		content = rest
	}
	calls := make([]host.Call, 0, b.calls)
	for n := range b.calls {
		record, rest, err := next(content)
		if err != nil {
			return nil, err
		}
		c, err := readCall(record, b.first+n, r.taken)
		if err != nil {
			return nil, err
		}
		calls, content = append(calls, c), rest
	}
	if len(content) > 0 {
		return nil, corrupt("the tape is damaged: %d bytes follow the last call of block %d", len(content), index)
	}
	return calls, nil
}

// next returns the record that content begins with, and what follows it.
func next(content []byte) (record, rest []byte, err error) {
	size, n := binary.Uvarint(content)
	if n <= 0 || size > uint64(len(content)-n) {
		return nil, nil, corrupt("the tape is damaged: a record ends after its block")
	}
	return content[n : n+int(size)], content[n+int(size):], nil
}

// readCall reads the record at a place. Those of calls, which come first, are numbered.
func readCall(record []byte, place, calls int) (host.Call, error) {
	var c tapev1.Call
	if err := proto.Unmarshal(record, &c); err != nil {
		return host.Call{}, corrupt("call %d of the tape is damaged: %v", place, err)
	}
	if place < calls && int(c.GetOrdinal()) != place {
		return host.Call{}, misplaced(place, int(c.GetOrdinal()))
	}
	for _, message := range [][]byte{c.GetRequest(), c.GetAnswer()} {
		if len(message) > 0 && !json.Valid(message) {
			return host.Call{}, corrupt("call %d of the tape is damaged: its request or its answer is not JSON", place)
		}
	}
	call := host.Call{
		Ordinal: int(c.GetOrdinal()), Attempt: int(c.GetAttempt()), Function: c.GetFunction(), Request: c.GetRequest(), Answer: c.GetAnswer(), EndMicros: c.GetEndUs(), HeldBytes: c.GetHeldBytes(),
		RequestCut: readCut(c.GetRequestCut()), AnswerCut: readCut(c.GetAnswerCut()),
	}
	if c.AtUs != nil {
		call.At = time.UnixMicro(c.GetAtUs()).UTC()
	}
	return call, nil
}

func readCut(c *tapev1.Cut) *host.Cut {
	if c == nil {
		return nil
	}
	return &host.Cut{Bytes: c.GetBytes(), SHA256: c.GetSha256()}
}

// misplaced is the error of a call that is not at its place.
func misplaced(place, ordinal int) error {
	return corrupt("the tape's calls are out of order: call %d is at the place of call %d", ordinal, place)
}

// zstdReader unpacks into the room that it is given, and never into more.
var zstdReader = func() *zstd.Decoder {
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderLowmem(true),
		zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderMaxMemory(MaxBytes))
	if err != nil {
		panic(err) // its options never change
	}
	return r
}()

// unpack puts a block's content into r.content.
func (r *Reader) unpack(index int) error {
	if r.unpacked == index {
		return nil
	}
	b := &r.blocks[index]
	content := b.packed
	if len(b.packed) < b.bytes {
		var err error
		if content, err = zstdReader.DecodeAll(b.packed, make([]byte, 0, b.bytes)); err != nil {
			return corrupt("the tape is damaged: block %d can't be unpacked: %v", index, err)
		}
	}
	if len(content) != b.bytes {
		return corrupt("the tape is damaged: block %d has %d bytes unpacked, not %d", index, len(content), b.bytes)
	}
	r.content, r.unpacked = content, index
	return nil
}
