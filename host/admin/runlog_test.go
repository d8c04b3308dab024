package admin_test

import (
	"strings"
	"testing"
)

func TestTheLogsOfAnExecutionAreReadWhole(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.action(t, "notify")
	a.bind(t, "notify")
	path := "/v1/executions/" + a.accept(t, "ada").ExecutionID + "/logs"
	if answer := a.do(t, 200, "GET", path, "", nil); answer.Body.Len() != 0 {
		t.Errorf("before it ran: %q", answer.Body)
	}
	a.run(t, false)
	answer := a.do(t, 200, "GET", path, "", nil)
	lines := strings.Split(strings.TrimSuffix(answer.Body.String(), "\n"), "\n")
	if len(lines) != 2 || !strings.HasSuffix(lines[0], " info  notify v1 #1: hello") || !strings.HasSuffix(lines[1], " error notify v1 #1: no") {
		t.Errorf("the log is %q", lines)
	}
	if kind := answer.Header().Get("Content-Type"); !strings.HasPrefix(kind, "text/plain") {
		t.Errorf("its type is %q", kind)
	}
	answer = a.do(t, 200, "GET", path+"?format=json", "", nil)
	if kind := answer.Header().Get("Content-Type"); kind != "application/x-ndjson" || !strings.Contains(answer.Body.String(), `"level":"info","message":"hello","step":0,"attempt":1,`) {
		t.Errorf("as %s it is %s", kind, answer.Body)
	}
	a.problem(t, 400, request{path: path + "?format=xml"})
	a.problem(t, 404, request{path: "/v1/executions/exe_gone/logs"})
}
