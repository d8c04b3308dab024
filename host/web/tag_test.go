package web_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

func TestARequestIsMeantForWhatItsTagsSay(t *testing.T) {
	t.Parallel()
	one, two := web.Tag([]int{1}), web.Tag([]int{2})
	if one == two || one != web.Tag([]int{1}) {
		t.Fatalf("tags %s and %s", one, two)
	}
	for _, tt := range []struct {
		name   string
		header []string
		tag    string
		stale  bool
	}{
		{name: "no condition", tag: one},
		{name: "no condition on what is not there"},
		{name: "its tag", header: []string{one}, tag: one},
		{name: "one of several", header: []string{two + " , " + one}, tag: one},
		{name: "one of several headers", header: []string{two, one}, tag: one},
		{name: "whatever is there", header: []string{"*"}, tag: one},
		{name: "whatever is there, of nothing", header: []string{"*"}, stale: true},
		{name: "another tag", header: []string{two}, tag: one, stale: true},
		{name: "a weak tag", header: []string{"W/" + one}, tag: one, stale: true},
		{name: "an empty header", header: []string{""}, tag: one, stale: true},
		{name: "a tag, of nothing", header: []string{one}, stale: true},
	} {
		r := httptest.NewRequest(http.MethodPut, "/", nil)
		for _, h := range tt.header {
			r.Header.Add(web.HeaderIfMatch, h)
		}
		err := web.IfMatch(echo.New().NewContext(r, httptest.NewRecorder()), tt.tag)
		if stale := err != nil && host.CodeOf(err) == host.Stale; stale != tt.stale || err != nil && !stale {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}
