package admin

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
)

// query reads the parameters of one request. The first that is wrong is kept
// in err.
type query struct {
	c   echo.Context
	err error
}

// queryOf refuses parameters that are not known, so that a typing error in a
// filter does not answer with everything.
func queryOf(c echo.Context, known ...string) *query {
	q := &query{c: c}
	for name, values := range c.QueryParams() {
		switch {
		case !slices.Contains(known, name):
			q.fail("the query parameter %q is unknown", name)
		case len(values) > 1 && !slices.Contains(repeatable, name):
			q.fail("the query parameter %q is given %d times", name, len(values))
		}
	}
	if e, ok := errors.AsType[*host.Error](q.err); ok {
		e.Hint = "this path takes no query parameters"
		if len(known) > 0 {
			e.Hint = "this path takes: " + strings.Join(known, ", ")
		}
	}
	return q
}

// repeatable are the parameters that may be given several times.
var repeatable = []string{"where"}

// bad refuses a parameter.
func (q *query) bad(name, format string, args ...any) {
	q.fail("the query parameter %q %s", name, fmt.Sprintf(format, args...))
}

func (q *query) fail(format string, args ...any) {
	if q.err == nil {
		q.err = &host.Error{Code: host.Invalid, Text: fmt.Sprintf(format, args...)}
	}
}

func (q *query) has(name string) bool { return q.c.QueryParams().Has(name) }

func (q *query) text(name string) string { return q.c.QueryParam(name) }

// all are all values of a parameter.
func (q *query) all(name string) []string { return q.c.QueryParams()[name] }

// flag is a boolean that is false when it is not there.
func (q *query) flag(name string) bool {
	switch value := q.c.QueryParam(name); value {
	case "", "false":
		return false
	case "true":
		return true
	default:
		q.fail("the query parameter %q must be true or false, not %q", name, value)
		return false
	}
}

// number is a whole number in a range, fallback when it is not there.
func (q *query) number(name string, least, most, fallback int64) int64 {
	value := q.c.QueryParam(name)
	if value == "" {
		return fallback
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < least || n > most {
		q.fail("the query parameter %q must be an integer from %d to %d, not %q", name, least, most, value)
	}
	return n
}

// trigger is a trigger, "" when it is not there.
func (q *query) trigger(name string) host.Trigger {
	t := host.Trigger(q.c.QueryParam(name))
	if t != "" && !t.Valid() {
		q.fail("the query parameter %q must be a trigger of this host, not %q", name, t)
	}
	return t
}

// oneOf is one of some words, "" when it is not there.
func oneOf[T ~string](q *query, name string, words ...T) T {
	value := T(q.c.QueryParam(name))
	if value != "" && !slices.Contains(words, value) {
		list := make([]string, len(words))
		for i, w := range words {
			list[i] = string(w)
		}
		q.fail("the query parameter %q must be one of %s, not %q", name, strings.Join(list, ", "), value)
	}
	return value
}

// param is a path parameter. Echo leaves it escaped when the path has escapes
// that it need not have.
func param(c echo.Context, name string) string {
	value := c.Param(name)
	if c.Request().URL.RawPath == "" {
		return value
	}
	if plain, err := url.PathUnescape(value); err == nil {
		return plain
	}
	return value
}
