package check_test

import (
	"bytes"
	"maps"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/jsbuild/bundle"
)

const token = "tok-5f7c8ec7c33c6c004bbafe82"

func changed(src bundle.Source, old, now string) bundle.Source {
	src.Code = bytes.Replace(src.Code, []byte(old), []byte(now), 1)
	return src
}

func TestACheckFindsExactlyWhatAChangedSampleDoesOtherwise(t *testing.T) {
	t.Parallel()
	const runs = 200
	src := sample(t, "store-user-js", "axios")
	server := newStore(t)
	r := record(t, built(t, src), map[string]string{"STORE_URL": server.URL + "/users", "STORE_TOKEN": token}, runs, host.Settings{})
	server.Close()
	const post = "POST [secret STORE_URL]" // its address is a secret
	for _, tt := range []struct {
		name string
		src  bundle.Source
		want map[string]int
	}{
		{"as it was", src, map[string]int{}},
		{"a comment", changed(src, "// This action", "// This changed action"), map[string]int{}},
		{"a header", changed(src, "Authorization:", `"X-Trace": "t-1", Authorization:`), map[string]int{"changed " + post + ": header x-trace added": runs}},
		{"a field", changed(src, "{ user_id, email }", "{ user_id, email: email.toUpperCase() }"), map[string]int{"changed " + post + ": body $.email": runs}},
		{"a call", changed(src, "const { status }", "await axios.get(STORE_URL + '/plans'); const { status }"), map[string]int{"new GET [secret STORE_URL]/plans": runs}},
		{"the secret in a log line", changed(src, "the store has", "${STORE_TOKEN} the store has"), map[string]int{"logs: line missing: info the store has {} already": runs / 10, "logs: line new: info [secret STORE_TOKEN] the store has {} already": runs / 10}},
		{"what it does on 409", changed(src, "409", "410"), map[string]int{
			"fault: fails: guest: AxiosError [ERR_BAD_REQUEST]: Request failed with status code {}": runs / 10,
			"logs: line missing: info the store has {} already":                                     runs / 10,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			report := r.check(built(t, tt.src), host.CheckQuery{})
			if report.Compared != runs || len(report.Control) > 0 || len(report.Skipped) > 0 {
				t.Errorf("compared %d runs, skipped %+v, control %+v", report.Compared, report.Skipped, report.Control)
			}
			if got := keys(report.Groups); !maps.Equal(got, tt.want) {
				t.Errorf("differences %v, want %v", got, tt.want)
			}
			if report.Passed != (len(tt.want) == 0) {
				t.Errorf("passed: %t", report.Passed)
			}
			for _, g := range report.Groups {
				if strings.Contains(g.Example.Old+g.Example.New+g.Key, token) {
					t.Errorf("the secret is readable in %+v", g)
				}
			}
		})
	}
}
