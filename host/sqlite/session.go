package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// session is the writer's connection with the statements it has prepared. It
// speaks to the driver itself: database/sql's bookkeeping would cost each hot
// statement more than a microsecond. For one goroutine.
type session struct {
	conn     driver.Conn
	prepared map[string]statement
	args     []driver.NamedValue // reused by every call
}

// statement is what the driver's statements can do.
type statement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

func newSession(ctx context.Context, connector driver.Connector) (*session, error) {
	conn, err := connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &session{conn: conn, prepared: map[string]statement{}}, nil
}

// exec runs a statement and returns how many rows it changed. An argument is
// an int64, a string, a []byte, a float64, a bool or nil.
func (s *session) exec(query string, args ...driver.Value) (int64, error) {
	stmt, err := s.statement(query)
	if err != nil {
		return 0, err
	}
	result, err := stmt.ExecContext(context.Background(), s.named(args))
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// query runs a statement and calls scan for each row. The row is valid during
// the call only.
func (s *session) query(scan func(row []driver.Value) error, query string, args ...driver.Value) error {
	stmt, err := s.statement(query)
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(context.Background(), s.named(args))
	if err != nil {
		return err
	}
	row := make([]driver.Value, len(rows.Columns()))
	for err == nil {
		if err = rows.Next(row); err == nil {
			err = scan(row)
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return errors.Join(err, rows.Close())
}

// queryOne is query for at most one row; found is false when there is none.
func (s *session) queryOne(scan func(row []driver.Value) error, query string, args ...driver.Value) (found bool, err error) {
	err = s.query(func(row []driver.Value) error {
		found = true
		return scan(row)
	}, query, args...)
	return found, err
}

func (s *session) statement(query string) (statement, error) {
	if stmt, ok := s.prepared[query]; ok {
		return stmt, nil
	}
	prepared, err := s.conn.Prepare(query)
	if err != nil {
		return nil, err
	}
	stmt, ok := prepared.(statement)
	if !ok {
		return nil, fmt.Errorf("prepare: the driver's %T lacks contexts", prepared)
	}
	s.prepared[query] = stmt
	return stmt, nil
}

func (s *session) named(args []driver.Value) []driver.NamedValue {
	s.args = s.args[:0]
	for i, arg := range args {
		s.args = append(s.args, driver.NamedValue{Ordinal: i + 1, Value: arg})
	}
	return s.args
}

func (s *session) close() error {
	var errs []error
	for _, stmt := range s.prepared {
		errs = append(errs, stmt.Close())
	}
	return errors.Join(append(errs, s.conn.Close())...)
}

// driverValue is one column of a row, or one argument.
type driverValue = driver.Value

func text(v driverValue) string {
	s, _ := v.(string)
	return s
}

func integer(v driverValue) int64 {
	n, _ := v.(int64)
	return n
}

// decode reads a JSON column; NULL and empty leave into as it is.
func decode(v driverValue, into any) error {
	body, ok := v.([]byte)
	if !ok && v != nil {
		return fmt.Errorf("a JSON column holds %T", v)
	}
	if len(body) == 0 {
		return nil
	}
	return json.Unmarshal(body, into)
}

// scanAll reads and closes rows, of which scan reads one. It never returns a
// nil list without an error.
func scanAll[T any](rows *sql.Rows, scan func(interface{ Scan(...any) error }) (T, error)) ([]T, error) {
	defer func() { _ = rows.Close() }()
	all := []T{}
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
