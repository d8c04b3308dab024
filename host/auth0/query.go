package auth0

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
)

// query is the checked query string of a request.
type query map[string]any

// queryOf checks c's query string against the parameters that its path has.
func queryOf(c echo.Context, known map[string]*schema) (query, error) {
	q := query{}
	for name, values := range c.QueryParams() {
		q[name] = typed(known[name], values)
	}
	s := &schema{kind: "object", properties: known}
	if known == nil {
		s.properties = map[string]*schema{}
	}
	if f := s.check(map[string]any(q), ""); f != nil {
		return nil, &problem{Status: http.StatusBadRequest, Code: codeQuery, Message: f.on("Query")}
	}
	return q, nil
}

// typed is a parameter's value in the type that its schema wants, if it can be
// read as such.
func typed(s *schema, values []string) any {
	if len(values) != 1 {
		return make([]any, len(values))
	}
	value := values[0]
	if s == nil {
		return value
	}
	switch s.kind {
	case "integer":
		if _, err := strconv.ParseInt(value, 10, 64); err == nil {
			return json.Number(value)
		}
	case "boolean":
		if value == "true" || value == "false" {
			return value == "true"
		}
	}
	return value
}

// noQuery refuses every parameter.
func noQuery(c echo.Context) error {
	_, err := queryOf(c, nil)
	return err
}

func (q query) text(name string) string {
	value, _ := q[name].(string)
	return value
}

// flag returns a boolean, and whether it is there.
func (q query) flag(name string) (value, ok bool) {
	value, ok = q[name].(bool)
	return value, ok
}

func (q query) number(name string, fallback int) int {
	value, ok := q[name].(json.Number)
	if !ok {
		return fallback
	}
	n, err := strconv.Atoi(value.String())
	if err != nil {
		return fallback
	}
	return n
}

// The sizes of a page.
const (
	defaultPerPage = 20
	maxPerPage     = 100
)

// paging are the parameters of every list, with others if there are.
func paging(others map[string]*schema) map[string]*schema {
	all := map[string]*schema{
		"page":     {kind: "integer", about: "Number of the page, the first is 0", most: 1 << 30},
		"per_page": {kind: "integer", about: "Results on a page", least: 1, most: maxPerPage},
	}
	for name, s := range others {
		all[name] = s
	}
	return all
}

// page is one page of a list.
type page[T any] struct {
	items        []T
	number, size int
	total        int // of all pages; 0 on a page beyond the last
}

// pageOf returns the page of all that q asks for.
//
// A page beyond the last has no total: a client that asks for pages until the
// total is missing would never stop otherwise.
func pageOf[T any](q query, all []T, size int) page[T] {
	p := page[T]{number: q.number("page", 0), size: q.number("per_page", size)}
	start := p.number * p.size
	if start < len(all) {
		p.items = all[start:min(len(all), start+p.size)]
		p.total = len(all)
	}
	return p
}

// viewAll returns the views of items, less those that were deleted since the
// items were read.
func viewAll[T, V any](ctx context.Context, items []T, view func(context.Context, T) (V, error)) ([]V, error) {
	views := make([]V, 0, len(items))
	for _, item := range items {
		v, err := view(ctx, item)
		if host.CodeOf(err) == host.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		views = append(views, v)
	}
	return views, nil
}

// answer returns the page as the lists of actions, versions and bindings do:
// what is 0 is left out.
func answer[T any](name string, p page[T], views any) map[string]any {
	body := map[string]any{name: views, "per_page": p.size}
	if p.number > 0 {
		body["page"] = p.number
	}
	if p.total > 0 {
		body["total"] = p.total
	}
	return body
}

// answerWhole returns the page as the lists of modules do: with every number.
func answerWhole[T any](name string, p page[T], views any) map[string]any {
	return map[string]any{name: views, "total": p.total, "page": p.number, "per_page": p.size}
}
