package cli

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/term"
)

func TestBindPutsTheActionInItsPlace(t *testing.T) {
	t.Parallel()
	bound := []host.Binding{{ActionID: "a", Action: "first"}, {ActionID: "b", Action: "second"}, {ActionID: "c", Action: "third"}}
	for _, tt := range []struct {
		name   string
		place  place
		action string
		want   []string
	}{
		{name: "a new one goes last", action: "x", want: []string{"a", "b", "c", "x"}},
		{name: "first", place: place{first: true}, action: "x", want: []string{"x", "a", "b", "c"}},
		{name: "before a neighbour", place: place{before: "second"}, action: "x", want: []string{"a", "x", "b", "c"}},
		{name: "after a neighbour", place: place{after: "second"}, action: "x", want: []string{"a", "b", "x", "c"}},
		{name: "one that is bound stays where it is", action: "b", want: []string{"a", "b", "c"}},
		{name: "one that is bound moves when asked", place: place{after: "third"}, action: "a", want: []string{"b", "c", "a"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			order, err := tt.place.insert(bound, host.BindingWrite{Action: tt.action})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, write := range order {
				got = append(got, write.Action)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("order %v, want %v", got, tt.want)
			}
		})
	}
}

func TestBindBesideAnUnknownBindingIsAnError(t *testing.T) {
	t.Parallel()
	_, err := place{before: "unknown"}.insert(nil, host.BindingWrite{Action: "x"})
	if term.ExitCode(err) != term.ExitNotFound {
		t.Errorf("error %v, want a not-found one", err)
	}
}

// TestEverySettingHasAFlagAndIsListed sees settings that were added elsewhere alone.
func TestEverySettingHasAFlagAndIsListed(t *testing.T) {
	t.Parallel()
	named := map[string][]string{"limits": {"limit"}, "egress": {"allow", "egress-mode"}, "retry": {"max-attempts", "retry-initial-ms", "retry-max-ms"}, "config": {"set"}}
	listed := map[string]string{"limits": "timeout_ms", "egress": "allow", "retry": "max_attempts"}
	cmd := &cobra.Command{}
	(&settingFlags{}).add(cmd)
	line := " " + settingsLine(filled(t))
	for i := range reflect.TypeFor[host.Settings]().NumField() {
		key, _, _ := strings.Cut(reflect.TypeFor[host.Settings]().Field(i).Tag.Get("json"), ",")
		flags, other := named[key]
		if !other {
			flags = []string{strings.ReplaceAll(key, "_", "-")}
		}
		for _, name := range flags {
			if cmd.Flags().Lookup(name) == nil {
				t.Errorf("%s has no flag --%s", key, name)
			}
		}
		if show := listed[key]; !strings.Contains(line, " "+show+"=") && !strings.Contains(line, " "+key+"=") {
			t.Errorf("%s is not in the list:%s", key, line)
		}
	}
}

// filled returns settings of which all are set.
func filled(t *testing.T) (s host.Settings) {
	t.Helper()
	const text = `{"limits":{"timeout_ms":1},"egress":{"allow":["https://example.com"]},"retry":{"max_attempts":1},"on_failure":"deny","checkpoint":"async",
		"record":"strict","isolation":"fresh","resume":"on","resume_max_age":"1h","tape":"all","tape_body_bytes":1,"tape_max_age":"1h","rate":"1/s","concurrency":1,"breaker":"off","require_check":true,"config":{"A":"b"}}`
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	for i, v := 0, reflect.ValueOf(s); i < v.NumField(); i++ {
		if v.Field(i).IsZero() {
			t.Errorf("the test does not set %s", v.Type().Field(i).Name)
		}
	}
	return s
}
