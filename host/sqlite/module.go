package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"
	"github.com/usherhost/usher/host"
)

// insertModule stores what packModule made of the module.
func (tx *transaction) insertModule(digest string, packed []byte) error {
	_, err := tx.exec(`
		INSERT INTO module (digest, wasm) VALUES (?, ?)
		ON CONFLICT (digest) DO NOTHING`, digest, notNull(packed))
	return err
}

// moduleSize returns NotFound unless the module is stored, else its size in
// bytes.
func (tx *transaction) moduleSize(digest string) (bytes int64, err error) {
	found, err := tx.queryOne(func(row []driverValue) error {
		head, _ := row[0].([]byte) // it is a blob
		bytes = unpackedSize(head, integer(row[1]))
		return nil
	}, `SELECT substr(wasm, 1, ?), length(wasm) FROM module WHERE digest = ?`, int64(frameHeadBytes), digest)
	if err == nil && !found {
		err = noModule(digest)
	}
	return bytes, err
}

// dropModule deletes a module that was never a version's: no other draft has
// it, and no plan.
func (tx *transaction) dropModule(digest string) error {
	if digest == "" {
		return nil
	}
	_, err := tx.exec(`
		DELETE FROM module
		WHERE digest = ?
			AND NOT EXISTS (SELECT 1 FROM draft d WHERE d.digest = module.digest)
			AND NOT EXISTS (SELECT 1 FROM version v WHERE v.digest = module.digest)
			AND NOT EXISTS (SELECT 1 FROM plan p WHERE instr(p.steps, module.digest) > 0)`, digest)
	return err
}

// Module returns the bytes of a stored module. It stays when its action is
// deleted: unfinished executions and reruns need it.
func (db *DB) Module(ctx context.Context, digest string) ([]byte, error) {
	var wasm []byte
	err := db.readers.QueryRowContext(ctx, `
		SELECT wasm FROM module
		WHERE digest = ?`, digest).Scan(&wasm)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, noModule(digest)
	}
	if err != nil {
		return nil, hostError(err)
	}
	return unpackModule(wasm)
}

func noModule(digest string) *host.Error { return notFound("there is no module " + digest) }

// Modules are kept compressed, less than half their size. Those of earlier
// versions of the host lie there as they are: no module begins as a frame does.
var frameMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}

// frameHeadBytes are enough of a frame to know the size of its content.
const frameHeadBytes = zstd.HeaderMaxSize

// maxUnpackedBytes is more than any module has.
const maxUnpackedBytes = 256 << 20

// packModule returns the stored form of a module; nil for nil.
func packModule(wasm []byte) ([]byte, error) {
	if wasm == nil {
		return nil, nil
	}
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithSingleSegment(true), zstd.WithZeroFrames(true))
	if err != nil {
		return nil, fmt.Errorf("compress module: %w", err)
	}
	return encoder.EncodeAll(wasm, nil), encoder.Close()
}

// unpackModule returns the module from its stored form.
func unpackModule(stored []byte) ([]byte, error) {
	if !bytes.HasPrefix(stored, frameMagic) {
		return stored, nil
	}
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxUnpackedBytes))
	if err != nil {
		return nil, fmt.Errorf("decompress module: %w", err)
	}
	defer decoder.Close()
	wasm, err := decoder.DecodeAll(stored, nil)
	if err != nil {
		return nil, fmt.Errorf("decompress module: %w", err)
	}
	return wasm, nil
}

// unpackedSize returns the size of a module, of which storedBytes are stored
// that begin with head.
func unpackedSize(head []byte, storedBytes int64) int64 {
	var frame zstd.Header
	if bytes.HasPrefix(head, frameMagic) && frame.Decode(head) == nil && frame.HasFCS {
		return int64(frame.FrameContentSize)
	}
	return storedBytes
}
