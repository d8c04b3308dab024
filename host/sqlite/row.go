package sqlite

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
)

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
