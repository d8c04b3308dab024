package web_test

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

var update = flag.Bool("update", false, "write host/docs/errors.md")

// codes returns the values of all constants of type [host.Code], read from its source:
// a new one can't be forgotten.
func codes(t *testing.T) (all []host.Code) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../error.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			if name, ok := spec.Type.(*ast.Ident); ok && name.Name == "Code" {
				value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, host.Code(value))
			}
		}
		return true
	})
	if len(all) < 15 {
		t.Fatalf("host/error.go has the codes %v only", all)
	}
	return all
}

func TestEveryProblemsTypeLeadsToItsExplanation(t *testing.T) {
	t.Parallel()
	e := web.NewEcho(silent())
	web.AddReference(e)
	var types []string
	for _, code := range codes(t) {
		types = append(types, web.ProblemOf(&host.Error{Code: code}).Type)
	}
	for _, name := range types {
		address, err := url.Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		answer := send(e, httptest.NewRequest(http.MethodGet, address.Path, nil))
		if answer.Code != http.StatusOK || !strings.Contains(answer.Body.String(), name) || !strings.Contains(answer.Body.String(), "What to do") {
			t.Errorf("GET %s answers %d: %s", address.Path, answer.Code, answer.Body)
		}
		if heading := "\n## " + address.Path[len("/problems/"):] + "\n"; strings.Count(web.Reference(), heading) != 1 {
			t.Errorf("the reference has no entry%s", heading)
		}
	}
}

func TestAnUnknownProblemIsNotFound(t *testing.T) {
	t.Parallel()
	e := web.NewEcho(silent())
	web.AddReference(e)
	answer := send(e, httptest.NewRequest(http.MethodGet, "/problems/teapot", nil))
	if answer.Code != http.StatusNotFound || !strings.Contains(answer.Body.String(), "teapot") || !strings.Contains(answer.Body.String(), "GET /problems lists") {
		t.Errorf("answered %d: %s", answer.Code, answer.Body)
	}
}

func TestThePageOfProblemsIsMadeFromTheTable(t *testing.T) {
	t.Parallel()
	const page = "../docs/errors.md"
	if *update {
		if err := os.WriteFile(page, []byte(web.Reference()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := os.ReadFile(page); err != nil || string(text) != web.Reference() {
		t.Errorf("host/docs/errors.md is not as the table says (%v): go test ./host/web -update", err)
	}
}
