package sqlite

import (
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
