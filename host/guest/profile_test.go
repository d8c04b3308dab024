package guest_test

import (
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/internal/guests"
)

func TestAProfileIsARunWithItsFunctions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settings.Config = map[string]string{"script": guests.Script(guests.Step{Function: "secret_get", Argument: "TOKEN"})}
	result, used, err := w.Profile(t.Context(), profiled(w, "script"))
	if err != nil || !result.Succeeded {
		t.Fatalf("result %+v, error %v", result, err)
	}
	var fuel int64
	for _, f := range used {
		fuel += f.Fuel
	}
	if fuel == 0 || fuel != result.Stats.Fuel {
		t.Errorf("functions used %d units, the run %d", fuel, result.Stats.Fuel)
	}
	if len(result.Calls) == 0 || result.Stats.Isolation != host.IsolationPlain {
		t.Errorf("calls %v, isolation %q", result.Calls, result.Stats.Isolation)
	}
}

func TestAProfileThatCannotBeMadeIsAHostFault(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run := profiled(w, "noop")
	run.Step.Digest = host.Digest(nil)
	result, used, err := w.Profile(t.Context(), run)
	if err != nil || result.Fault != host.FaultHost || len(used) != 0 {
		t.Errorf("result %+v, functions %v, error %v", result, used, err)
	}
}

func profiled(w *world, name string) guest.Run {
	return guest.Run{
		ExecutionID: "exe_1", Attempt: 1,
		Step:  host.Step{Action: "greet", Number: 1, Digest: host.Digest(guests.Wasm(name)), Settings: w.settings},
		Event: &host.Event{ID: "evt_1", Trigger: host.PostUserRegistration, Body: []byte(`{"user":{"user_id":"u|1"}}`)},
	}
}
