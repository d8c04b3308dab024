package sqlite

import (
	"context"

	"github.com/usherhost/usher/host"
)

// What one commit of [DB.Reseal] rewrites at most.
const (
	resealedInOne = 100
	resealedBytes = 8 << 20
)

// sealedTable is a table with values that package seal encrypted.
type sealedTable struct {
	count string
	// page selects the values after a row, in order: its one or two key columns, the
	// value, and what else place needs.
	page   string
	start  []any  // the key before the first row
	update string // of a value; the key follows
	place  func(*sealedRow) []byte
}

// sealedRow is one sealed value.
type sealedRow struct {
	key           [2]any
	value         []byte
	execution     string
	step, attempt int
}

// sealedTables are all tables with sealed values.
var sealedTables = []sealedTable{
	{
		count: `SELECT COUNT(*) FROM secret`,
		page: `
			SELECT owner_id, name, value, '', 0, 0
			FROM secret
			WHERE (owner_id, name) > (?, ?)
			ORDER BY owner_id, name`,
		start:  []any{"", ""},
		update: `UPDATE secret SET value = ? WHERE owner_id = ? AND name = ?`,
		place:  func(r *sealedRow) []byte { return host.SecretPlace(text(r.key[0]), text(r.key[1])) },
	},
	{
		count: `SELECT COUNT(*) FROM tape`,
		page: `
			SELECT t.result, 0, t.body, COALESCE(x.id, '` + host.ExecutionPrefix + `' || substr(e.id, length('` + host.EventPrefix + `') + 1)), r.step, r.attempt
			FROM tape t
			JOIN result r ON r.seq = t.result
			JOIN execution x ON x.seq = r.execution
			JOIN event e ON e.seq = x.event
			WHERE t.result > ?
			ORDER BY t.result`,
		start:  []any{int64(0)},
		update: `UPDATE tape SET body = ? WHERE result = ?`,
		place:  func(r *sealedRow) []byte { return host.TapePlace(r.execution, r.step, r.attempt) },
	},
	{
		count: `SELECT COUNT(*) FROM refused_event WHERE sealed IS NOT NULL`,
		page: `
			SELECT id, 0, sealed, '', 0, 0
			FROM refused_event
			WHERE id > ? AND sealed IS NOT NULL
			ORDER BY id`,
		start:  []any{""},
		update: `UPDATE refused_event SET sealed = ? WHERE id = ?`,
		place:  func(r *sealedRow) []byte { return host.RefusedEventPlace(text(r.key[0])) },
	},
	{
		count: `SELECT COUNT(*) FROM webhook`,
		page: `
			SELECT id, 0, secrets, '', 0, 0
			FROM webhook
			WHERE id > ?
			ORDER BY id`,
		start:  []any{""},
		update: `UPDATE webhook SET secrets = ? WHERE id = ?`,
		place:  func(r *sealedRow) []byte { return host.WebhookPlace(text(r.key[0])) },
	},
	{
		count: `SELECT COUNT(*) FROM meta WHERE name = '` + host.TokenKeyName + `'`,
		page: `
			SELECT name, 0, value, '', 0, 0
			FROM meta
			WHERE name > ? AND name = '` + host.TokenKeyName + `'`,
		start:  []any{""},
		update: `UPDATE meta SET value = ? WHERE name = ?`,
		place:  func(r *sealedRow) []byte { return []byte(text(r.key[0])) },
	},
}

// CountSealed returns how many sealed values are stored: secrets, tapes, refused
// events, the secrets of webhooks and the key of access tokens.
func (db *DB) CountSealed(ctx context.Context) (int, error) {
	all := 0
	for _, table := range sealedTables {
		var n int
		if err := db.readers.QueryRowContext(ctx, table.count).Scan(&n); err != nil {
			return 0, hostError(err)
		}
		all += n
	}
	return all, nil
}

// Reseal calls replace with each sealed value and the place that it is bound to, and
// stores what replace returns instead; nil leaves the value as it is. It commits a
// part of them at a time, and then calls done with how many it has looked at. The old
// values are overwritten in the file. An error of replace ends it; what was committed
// stays.
//
// No host may run on the database: a value that is stored meanwhile may be missed.
func (db *DB) Reseal(ctx context.Context, replace func(place, sealed []byte) ([]byte, error), done func(n int)) error {
	if err := db.change(ctx, (*transaction).overwriteDeleted); err != nil {
		return err
	}
	for i := range sealedTables {
		if err := db.resealTable(ctx, &sealedTables[i], replace, done); err != nil {
			return err
		}
	}
	return nil
}

// overwriteDeleted makes SQLite write zeros over what the connection deletes.
func (tx *transaction) overwriteDeleted() error {
	return tx.query(func([]driverValue) error { return nil }, `PRAGMA secure_delete = ON`)
}

func (db *DB) resealTable(
	ctx context.Context, table *sealedTable, replace func(place, sealed []byte) ([]byte, error), done func(n int),
) error {
	for after := table.start; ; {
		rows, err := db.sealedAfter(ctx, table, after)
		if err != nil || len(rows) == 0 {
			return err
		}
		if err := db.resealRows(ctx, table, rows, replace); err != nil {
			return err
		}
		done(len(rows))
		after = rows[len(rows)-1].key[:len(table.start)]
	}
}

// resealRows replaces the values of rows in one commit.
func (db *DB) resealRows(ctx context.Context, table *sealedTable, rows []sealedRow, replace func(place, sealed []byte) ([]byte, error)) error {
	values := make([][]byte, len(rows))
	for i := range rows {
		var err error
		if values[i], err = replace(table.place(&rows[i]), rows[i].value); err != nil {
			return err
		}
	}
	return db.change(ctx, func(tx *transaction) error {
		for i, value := range values {
			if value == nil {
				continue
			}
			args := []driverValue{value}
			for _, key := range rows[i].key[:len(table.start)] {
				args = append(args, key)
			}
			if _, err := tx.exec(table.update, args...); err != nil {
				return err
			}
		}
		return nil
	})
}

// sealedAfter reads the values after a key, as many as one commit rewrites.
func (db *DB) sealedAfter(ctx context.Context, table *sealedTable, after []any) ([]sealedRow, error) {
	rows, err := db.readers.QueryContext(ctx, table.page, after...)
	if err != nil {
		return nil, hostError(err)
	}
	defer func() { _ = rows.Close() }()
	var found []sealedRow
	for bytes := 0; bytes < resealedBytes && len(found) < resealedInOne && rows.Next(); {
		var r sealedRow
		if err := rows.Scan(&r.key[0], &r.key[1], &r.value, &r.execution, &r.step, &r.attempt); err != nil {
			return nil, hostError(err)
		}
		bytes += len(r.value)
		found = append(found, r)
	}
	return found, hostError(rows.Err())
}
