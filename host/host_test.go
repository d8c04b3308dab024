package host_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
)

func TestSettingsLieInLayers(t *testing.T) {
	t.Parallel()
	version := host.Settings{
		Limits: host.Limits{TimeoutMillis: 5_000}, Egress: host.Egress{Allow: []string{"a.example"}},
		Config: map[string]string{"a": "1", "b": "1"}, OnFailure: host.Stop,
	}
	binding := host.Settings{
		Limits: host.Limits{TimeoutMillis: 9_000}, Egress: host.Egress{Allow: []string{"b.example", "a.example"}},
		Config: map[string]string{"b": "2"},
	}
	got := binding.Over(version).Over(host.DefaultSettings())
	if got.Limits.TimeoutMillis != 9_000 || got.Limits.OutputBytes != host.DefaultSettings().Limits.OutputBytes || got.OnFailure != host.Stop {
		t.Errorf("settings %+v", got)
	}
	if want := []string{"a.example", "b.example"}; !slices.Equal(got.Egress.Allow, want) {
		t.Errorf("allowed %v, want %v", got.Egress.Allow, want)
	}
	if want := map[string]string{"a": "1", "b": "2"}; !reflect.DeepEqual(got.Config, want) {
		t.Errorf("config %v, want %v", got.Config, want)
	}
	if version.Config["b"] != "1" || len(version.Egress.Allow) != 1 {
		t.Error("laying settings over others changed them")
	}
}

func TestSettingsOutOfRangeAreReportedFieldByField(t *testing.T) {
	t.Parallel()
	s := host.Settings{
		Limits: host.Limits{TimeoutMillis: -1, MemoryBytes: host.MaxMemoryBytes + 1}, Retry: host.Retry{MaxAttempts: 101},
		OnFailure: "explode", Egress: host.Egress{Mode: "anything"}, Checkpoint: "never",
	}
	e, ok := errors.AsType[*host.Error](s.Check("/settings"))
	if !ok || e.Code != host.Invalid {
		t.Fatalf("error %v", e)
	}
	var pointers []string
	for _, f := range e.Fields {
		pointers = append(pointers, strings.TrimPrefix(f.Pointer, "/settings"))
	}
	want := []string{"/limits/timeout_ms", "/limits/memory_bytes", "/retry/max_attempts", "/egress/mode", "/on_failure", "/checkpoint"}
	if !slices.Equal(pointers, want) {
		t.Errorf("pointers %v, want %v", pointers, want)
	}
	for bytes, fits := range map[int64]bool{1: false, 65535: false, 65536: true, 0: true} {
		err := host.Settings{Limits: host.Limits{MemoryBytes: bytes}}.Check("")
		e, _ := errors.AsType[*host.Error](err)
		if fits != (err == nil) || err != nil && !strings.Contains(e.Fields[0].Detail, "between 65536 and 1073741824") {
			t.Errorf("%d bytes of memory: %+v", bytes, e)
		}
	}
	if err := host.DefaultSettings().Check(""); err != nil {
		t.Errorf("the defaults are out of range: %v", err)
	}
}

func TestIDsSortByTimeAndDoNotRepeat(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	last := ""
	for range 1000 {
		id := host.NewID(host.EventPrefix)
		if len(id) != 30 || !strings.HasPrefix(id, "evt_") || seen[id] {
			t.Fatalf("id %q", id)
		}
		if id[:13] < last { // the prefix and most of the milliseconds
			t.Errorf("id %q sorts before an earlier one", id)
		}
		seen[id], last = true, id[:13]
	}
}

func TestNextIsTheFirstStepThatIsLeft(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		status host.Status
		steps  []host.StepState
		next   int
		left   bool
	}{
		{name: "at the start", status: host.StatusPending, steps: []host.StepState{host.StepPending, host.StepPending}, next: 0, left: true},
		{name: "after one", status: host.StatusRunning, steps: []host.StepState{host.StepSucceeded, host.StepPending}, next: 1, left: true},
		{name: "past a dead letter", status: host.StatusRunning, steps: []host.StepState{host.StepDead, host.StepPending}, next: 1, left: true},
		{name: "a retried dead letter before what is done", status: host.StatusRunning, steps: []host.StepState{host.StepPending, host.StepSucceeded}, next: 0, left: true},
		{name: "at the end", status: host.StatusCompleted, steps: []host.StepState{host.StepSucceeded}, next: 1},
		{name: "stopped", status: host.StatusFailed, steps: []host.StepState{host.StepDead, host.StepPending}, next: 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := host.Execution{Status: tt.status, Progress: tt.steps, Plan: make([]host.Step, len(tt.steps))}
			next, left := x.Next()
			if left != tt.left || left && next != tt.next {
				t.Errorf("next %d %v, want %d %v", next, left, tt.next, tt.left)
			}
		})
	}
}

func TestManageIncludesReadAndNothingElse(t *testing.T) {
	t.Parallel()
	k := host.Key{Scopes: []host.Scope{host.ScopeManage}}
	if !k.May(host.ScopeManage) || !k.May(host.ScopeRead) || k.May(host.ScopeIngest) {
		t.Error("a manage key may not do what it should, or more")
	}
}

func TestPointersOfKeys(t *testing.T) {
	t.Parallel()
	for _, keys := range [][]string{nil, {"a"}, {"", "0"}, {"a/b", "m~n", "~1"}} {
		pointer := host.Pointer(keys...)
		if got := host.SplitPointer(pointer); !slices.Equal(got, keys) {
			t.Errorf("%q of %q has the keys %q", pointer, keys, got)
		}
	}
	if got := host.Pointer("a/b", "m~n"); got != "/a~1b/m~0n" {
		t.Errorf("got %s", got)
	}
}
