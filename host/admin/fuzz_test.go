package admin_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/admin"
)

// FuzzManifest holds that whatever is sent, a manifest is either refused with
// an error for its sender, or survives being written and read again.
func FuzzManifest(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"secrets":["A"],"settings":{"limits":{"timeout_ms":5},"config":{"a":"b"}}}`,
		`{"secrets":null}`, `{"settings":{"retry":{"max_attempts":1e400}}}`, `{"a/b":{"~":[]}}`, `[{}]`, `{"secrets":[1,"x"`, "",
		`{"settings":{"egress":{"allow":[]}}}`, `{"settings":{"config":{}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var m, again host.Manifest
		if err := admin.DecodeBytes(body, &m, "/manifest"); err != nil {
			if host.CodeOf(err) != host.Invalid {
				t.Errorf("error is %v", err)
			}
			return
		}
		if err := admin.DecodeBytes([]byte(marshal(t, m)), &again, ""); err != nil || marshal(t, m) != marshal(t, again) {
			t.Errorf("%+v came back as %+v, %v", m, again, err)
		}
	})
}

// FuzzPatch holds that a patch that passes its check merges, and that merging
// it twice is merging it once.
func FuzzPatch(f *testing.F) {
	for _, seed := range []string{
		`{"limits":{"timeout_ms":null},"config":{"a":null,"b":"c"}}`, `{"egress":{"allow":["x"]}}`, `{"egress":null}`,
		`{"config":{"a":{"b":null}}}`, `null`, `{"limits":{"nope":null}}`, `{"retry":{}}`,
	} {
		f.Add([]byte(seed))
	}
	stored := host.Settings{
		Limits: host.Limits{TimeoutMillis: 5}, Config: map[string]string{"a": "1"},
		Egress: host.Egress{Allow: []string{"hooks.slack.com"}},
	}
	f.Fuzz(func(t *testing.T, patch []byte) {
		if admin.CheckPatch(patch) != nil {
			return
		}
		once, err := admin.MergeSettings(stored, patch)
		if err != nil {
			if _, ok := errors.AsType[*host.Error](err); !ok {
				t.Errorf("error is %v", err)
			}
			return
		}
		twice, err := admin.MergeSettings(once, patch)
		if err != nil || !reflect.DeepEqual(once, twice) {
			t.Errorf("once %+v, twice %+v, %v", once, twice, err)
		}
	})
}
