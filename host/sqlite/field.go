package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/proto"
)

// Searching by fields of events:
//
//   - A row of field_value says that an execution's event has a value at a field. Events
//     and their first executions share their number, so it says the same of the event.
//   - Executions that are accepted, decided or rerun get their rows in the same commit.
//     What there was before a field became searchable gets them in the background, the
//     newest first; see fieldindex.go.
//   - When an event is forgotten, its values are found again by reading its body, and
//     their rows are deleted: an index from executions to rows would cost every accept.
//     So a change of how values are found raises fieldRules, which indexes all again.

// fieldRules number the rules by which [proto.FieldValues] and [host.IndexedValue] find
// values.
const fieldRules = 1

// searchableField is a row of the table.
type searchableField struct {
	number       int64
	path         string // JSON pointer
	rules        int64
	first, below int64
	dropped      int64
}

const selectSearchableFields = `
	SELECT number, path, rules, first, below, dropped FROM searchable_field
	ORDER BY number`

func readSearchableField(row []driverValue) searchableField {
	return searchableField{integer(row[0]), text(row[1]), integer(row[2]), integer(row[3]), integer(row[4]), integer(row[5])}
}

// fieldSet are the fields that are searchable now. It never changes.
type fieldSet struct {
	numbers []int64
	paths   [][]string
}

func newFieldSet(fields []searchableField) *fieldSet {
	s := &fieldSet{}
	for _, f := range fields {
		if f.dropped == 0 {
			s.numbers, s.paths = append(s.numbers, f.number), append(s.paths, host.SplitPointer(f.path))
		}
	}
	return s
}

// find returns the number of a field, or where it is not searchable an Invalid error.
func (s *fieldSet) find(path string) (number int64, keys []string, err error) {
	keys, err = host.ParseFieldPath(path)
	if err != nil {
		return 0, nil, &host.Error{Code: host.Invalid, Text: err.Error(), Hint: s.hint()}
	}
	at := slices.IndexFunc(s.paths, func(other []string) bool { return slices.Equal(other, keys) })
	if at < 0 {
		return 0, nil, &host.Error{Code: host.Invalid, Text: "the field " + path + " is not searchable", Hint: s.hint()}
	}
	return s.numbers[at], keys, nil
}

func (s *fieldSet) hint() string {
	if len(s.paths) == 0 {
		return "no field is: name some in the setting searchable_fields of the host"
	}
	names := make([]string, len(s.paths))
	for i, keys := range s.paths {
		names[i] = host.FieldPath(keys)
	}
	return "searchable are " + strings.Join(names, ", ") + "; the setting searchable_fields of the host names them"
}

// fieldValue is a row of field_value, less its execution.
type fieldValue struct {
	field int64
	value []byte
}

// valuesOf returns what the body of an event has at the fields.
func (s *fieldSet) valuesOf(body []byte) []fieldValue {
	if len(s.paths) == 0 {
		return nil
	}
	var found []fieldValue
	for i, values := range proto.FieldValues(body, s.paths) {
		for _, value := range values {
			found = append(found, fieldValue{s.numbers[i], host.IndexedValue(s.paths[i], value)})
		}
	}
	return found
}

// loadFields reads which fields are searchable.
func (w *writer) loadFields() error {
	var fields []searchableField
	err := w.session.query(func(row []driver.Value) error {
		fields = append(fields, readSearchableField(row))
		return nil
	}, selectSearchableFields)
	w.fields.Store(newFieldSet(fields))
	return err
}

// searchable returns the fields that are searchable at this point of the transaction.
func (tx *transaction) searchable() *fieldSet {
	if tx.fields != nil {
		return tx.fields
	}
	return tx.writer.fields.Load()
}

// insertFieldValues makes an execution found by what its event has. values were found
// for set; when the fields have changed since, they are found again.
func (tx *transaction) insertFieldValues(execution int64, set *fieldSet, values []fieldValue, body []byte) error {
	if now := tx.searchable(); now != set {
		values = now.valuesOf(body)
	}
	for _, v := range values {
		if _, err := tx.exec(`
			INSERT OR IGNORE INTO field_value (field, value, execution) VALUES (?, ?, ?)`, v.field, v.value, execution); err != nil {
			return err
		}
	}
	return nil
}

// copyFieldValues makes a rerun found by what its event has.
func (tx *transaction) copyFieldValues(execution, event int64) error {
	body, err := tx.bodyOf(event)
	if err != nil {
		return err
	}
	return tx.insertFieldValues(execution, nil, nil, body)
}

// deleteFieldValues deletes the rows of an execution whose event is still there.
func (tx *transaction) deleteFieldValues(execution, event int64) error {
	set := tx.searchable()
	if len(set.paths) == 0 {
		return nil
	}
	body, err := tx.bodyOf(event)
	if err != nil {
		return err
	}
	for _, v := range set.valuesOf(body) {
		if _, err := tx.exec(`
			DELETE FROM field_value WHERE field = ? AND value = ? AND execution = ?`, v.field, v.value, execution); err != nil {
			return err
		}
	}
	return nil
}

func (tx *transaction) bodyOf(event int64) (body []byte, err error) {
	_, err = tx.queryOne(func(row []driverValue) error {
		stored, _ := row[0].([]byte)
		body = slices.Clone(stored)
		return nil
	}, `SELECT body FROM payload WHERE event = ?`, event)
	return body, err
}

// SetSearchableFields makes exactly these fields searchable, paths as
// [host.ParseFieldPath] reads them. Executions that come from now on are found by them
// at once, earlier ones when [DB.IndexFields] has added them; it also deletes the
// values of fields that are not searchable any more. Invalid when one is no path, or
// they are more than [host.MaxSearchableFields].
func (db *DB) SetSearchableFields(ctx context.Context, paths []string) error {
	var pointers []string
	for _, path := range paths {
		keys, err := host.ParseFieldPath(path)
		if err != nil {
			return &host.Error{Code: host.Invalid, Text: "searchable field: " + err.Error()}
		}
		if pointer := host.Pointer(keys...); !slices.Contains(pointers, pointer) {
			pointers = append(pointers, pointer)
		}
	}
	if len(pointers) > host.MaxSearchableFields {
		return &host.Error{Code: host.Invalid, Text: fmt.Sprintf("%d fields are searchable, at most %d may be", len(pointers), host.MaxSearchableFields)}
	}
	return db.change(ctx, func(tx *transaction) error { return tx.setSearchableFields(pointers) })
}

func (tx *transaction) setSearchableFields(pointers []string) error {
	fields, err := tx.searchableFields()
	if err != nil {
		return err
	}
	missing, changed := slices.Clone(pointers), false
	for _, f := range fields {
		at := slices.Index(missing, f.path)
		switch {
		case f.dropped == 1:
		case at >= 0 && f.rules == fieldRules:
			missing = slices.Delete(missing, at, at+1)
		default:
			changed = true
			if _, err := tx.exec(`UPDATE searchable_field SET dropped = 1 WHERE number = ?`, f.number); err != nil {
				return err
			}
		}
	}
	for _, path := range missing {
		changed = true
		next := tx.writer.seq + 1
		if _, err := tx.exec(`
			INSERT INTO searchable_field (number, path, rules, first, below, dropped)
			SELECT COALESCE(MAX(number), 0) + 1, ?, ?, ?, ?, 0 FROM searchable_field`, path, int64(fieldRules), next, next); err != nil {
			return err
		}
	}
	if !changed {
		return nil
	}
	if fields, err = tx.searchableFields(); err != nil {
		return err
	}
	set := newFieldSet(fields)
	tx.fields = set
	tx.after = append(tx.after, func() { tx.writer.fields.Store(set) })
	return nil
}

func (tx *transaction) searchableFields() (fields []searchableField, err error) {
	err = tx.query(func(row []driverValue) error {
		fields = append(fields, readSearchableField(row))
		return nil
	}, selectSearchableFields)
	return fields, err
}

// SearchableFields returns the fields by which executions and events are found, and how
// far older ones are added.
func (db *DB) SearchableFields(ctx context.Context) ([]host.SearchableField, error) {
	fields, err := db.searchableFields(ctx)
	if err != nil {
		return nil, err
	}
	out := []host.SearchableField{}
	for _, f := range fields {
		if f.dropped == 0 {
			out = append(out, f.shown())
		}
	}
	return out, nil
}

// shown returns the field as the domain's type.
func (f *searchableField) shown() host.SearchableField {
	return host.SearchableField{
		Field: host.FieldPath(host.SplitPointer(f.path)), Indexed: f.below == 0,
		Percent: int(100 * (f.first - f.below) / max(f.first, 1)),
	}
}

func (db *DB) searchableFields(ctx context.Context) ([]searchableField, error) {
	rows, err := db.readers.QueryContext(ctx, selectSearchableFields)
	if err != nil {
		return nil, hostError(err)
	}
	fields, err := scanAll(rows, func(row interface{ Scan(...any) error }) (f searchableField, err error) {
		return f, row.Scan(&f.number, &f.path, &f.rules, &f.first, &f.below, &f.dropped)
	})
	return fields, hostError(err)
}
