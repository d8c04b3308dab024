package admin_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
)

const (
	large      = 1 << 20
	mostOfPage = 17 << 20 // 8 MiB, and at most the piece that was read with the last item
)

// pages reads a list to its end, and returns how many answers and items it had.
func (a *api) pages(t *testing.T, path, cursor, items string) (answers, found int) {
	t.Helper()
	for next := ""; ; answers++ {
		sent := httptest.NewRequest(http.MethodGet, path+next, nil)
		sent.Header.Set("X-Api-Key", a.manage)
		answer := httptest.NewRecorder() // not checked against the document: that takes long for so much
		a.routes.ServeHTTP(answer, sent)
		if answer.Code != http.StatusOK || answer.Body.Len() > mostOfPage {
			t.Fatalf("answer %d with %d bytes", answer.Code, answer.Body.Len())
		}
		var body map[string]json.RawMessage
		var list []json.RawMessage
		if err := json.Unmarshal(answer.Body.Bytes(), &body); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(body[items], &list); err != nil {
			t.Fatal(err)
		}
		found += len(list)
		place := strings.Trim(string(body["next"]), `"`)
		if next == cursor+place || place == "" || place == "0" {
			return answers + 1, found
		}
		next = cursor + place
	}
}

func TestAPageEndsWhenItIsLarge(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.action(t, "notify")
	a.bind(t, "notify")
	const all = 12
	for i := range all {
		a.accept(t, fmt.Sprint("user", i))
	}
	a.output = []byte(`"` + strings.Repeat("x", large) + `"`)
	a.run(t, false)
	for range all {
		note, err := json.Marshal(strings.Repeat("x", large/2))
		if err != nil {
			t.Fatal(err)
		}
		if err := a.db.RecordChange(t.Context(), host.Change{Verb: "v", Object: "o", Before: note, After: note}); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct{ path, cursor, items string }{
		{"/v1/logs?limit=500", "&after=", "results"},
		{"/v1/changes?object=o&limit=500", "&before=", "changes"},
		{"/v1/dead-letters?limit=500", "&before=", "executions"},
	} {
		if answers, found := a.pages(t, tt.path, tt.cursor, tt.items); found != all || answers < 2 {
			t.Errorf("%s: %d items in %d answers", tt.path, found, answers)
		}
	}
	if answers, found := a.pages(t, "/v1/executions?limit=7", "&before=", "executions"); found != all || answers != 2 {
		t.Errorf("%d executions in %d answers", found, answers)
	}
}
