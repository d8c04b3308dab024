package sqlite

import (
	"context"

	"github.com/usherhost/usher/host"
)

// valued reads the executions that have a value at a field.
const valued = `field_value v CROSS JOIN execution x ON x.seq = v.execution`

// maxCounted is how far the rows of a value are counted to choose the one that is read in
// order.
const maxCounted = 1000

// fieldCondition is a [host.FieldValue] in terms of field_value.
type fieldCondition struct {
	field         int64
	value         []byte
	isPrefix      bool
	after, before []byte // the range of a prefix; a nil before has no end
}

// fieldConditions reads what a query says of fields. Invalid when one is not searchable.
func (db *DB) fieldConditions(where []host.FieldValue) ([]fieldCondition, error) {
	set := db.writer.fields.Load()
	out := make([]fieldCondition, len(where))
	for i, w := range where {
		number, keys, err := set.find(w.Field)
		if err != nil {
			return nil, err
		}
		value, isPrefix := w.Prefix()
		c := fieldCondition{field: number, value: host.IndexedValue(keys, value), isPrefix: isPrefix}
		if isPrefix {
			c.after, c.before = c.value, afterPrefix(c.value)
		}
		out[i] = c
	}
	return out, nil
}

// afterPrefix returns the least value behind all that begin with prefix.
func afterPrefix(prefix []byte) []byte {
	end := append([]byte{}, prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i] < 0xff {
			end[i]++
			return end[:i+1]
		}
	}
	return nil
}

// where is the condition for the values that are selected, on a table v.
func (c fieldCondition) where() selection {
	s := selection{}
	s.and("v.field = ?", c.field)
	switch {
	case !c.isPrefix:
		s.and("v.value = ?", c.value)
	case c.before == nil:
		s.and("v.value >= ?", c.after)
	default:
		s.and("v.value >= ? AND v.value < ?", c.after, c.before)
	}
	return s
}

// of is the condition that seq, the number of an execution, has such a value.
func (c fieldCondition) of(seq string) selection {
	s, where := selection{}, c.where()
	if c.isPrefix {
		s.and(seq+" IN (SELECT v.execution FROM field_value v"+where.where()+")", where.args...)
	} else {
		s.and("EXISTS (SELECT 1 FROM field_value v"+where.where()+" AND v.execution = "+seq+")", where.args...)
	}
	return s
}

// byFields selects the executions of events with some values. The rarest, if it is not
// -1, is the one that is read in order.
func (s *search) byFields(where []fieldCondition, rarest int) {
	for i, c := range where {
		if i == rarest {
			s.from = valued
			s.driver.add(c.where())
		} else {
			s.conditions.add(c.of("x.seq"))
		}
	}
}

// rarest returns the condition on a whole value with the fewest rows, -1 for none, and how
// many those are, counted up to maxCounted.
func (db *DB) rarest(ctx context.Context, where []fieldCondition) (rarest int, fewest int64, err error) {
	rarest, fewest = -1, maxCounted+1
	for i, c := range where {
		if c.isPrefix {
			continue
		}
		var n int64
		rows := c.where()
		if err := db.readers.QueryRowContext(ctx, `
			SELECT COUNT(*) FROM (SELECT 1 FROM field_value v`+rows.where()+` LIMIT ?)`, append(rows.args, maxCounted)...).Scan(&n); err != nil {
			return -1, 0, hostError(err)
		}
		if n < fewest {
			rarest, fewest = i, n
		}
	}
	return rarest, fewest, nil
}
