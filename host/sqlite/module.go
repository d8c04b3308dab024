package sqlite

import (
	"context"
	"database/sql"
	"errors"

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
// deleted: unfinished executions and replays need it.
func (db *DB) Module(ctx context.Context, digest string) ([]byte, error) {
	var wasm []byte
	err := db.readers.QueryRowContext(ctx, `
		SELECT wasm FROM module
		WHERE digest = ?`, digest).Scan(&wasm)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, noModule(digest)
	}
	if err != nil {
		return nil, fault(err)
	}
	return unpackModule(wasm)
}

func noModule(digest string) *host.Error { return notFound("there is no module " + digest) }
