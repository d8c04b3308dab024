// Package replaytest plays runs of tests back from their tapes: a replay must be equal, byte
// for byte, and a changed byte must be seen.
package replaytest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/tape"
)

// seen fails the test when a changed byte of a stored tape is not seen.
func seen(t testing.TB, encoded []byte) {
	t.Helper()
	changed := bytes.Clone(encoded)
	at := rand.IntN(len(changed))
	changed[at] ^= byte(1 + rand.IntN(255))
	if _, err := tape.Decode(changed); err == nil {
		t.Errorf("byte %d of a tape was changed from %#x to %#x, and nothing noticed it", at, encoded[at], changed[at])
	}
}

// stored returns v as it comes back from a store.
func stored[T any](t testing.TB, v T) (back T) {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	return back
}

// Same plays a run back from its tape, and fails the test unless it is the same.
func Same(t testing.TB, r *guest.Runner, run guest.Run, result host.Result, recorded host.Tape) *guest.Replayed {
	t.Helper()
	if result.Fault == host.FaultHost && result.Stats.Fuel == 0 {
		return nil // it did not begin
	}
	offline := *r
	offline.Egress, offline.Secrets, offline.Cache = nil, nil, nil
	from := &guest.Recorded{Result: stored(t, result)}
	run.Step.Settings = host.Settings{}
	if !recorded.Empty() { // or else it is not stored
		encoded, err := tape.Encode(&recorded, 0)
		if err != nil {
			t.Fatal(err)
		}
		if from.Tape, err = tape.Decode(encoded); err != nil {
			t.Fatal(err)
		}
		from.Tape.Settings = recorded.Settings // tests have values in it that are no strings of JSON
		seen(t, encoded)
	}
	played, err := offline.Replay(t.Context(), run, from, nil)
	if err != nil {
		t.Fatalf("replay: %v", err)
	}
	if d := played.Divergence; d != nil {
		t.Fatalf("the replay differs in its %s: %.1500s; its error: %+v", d.Part, show(t, d), played.Result.Error)
	}
	if a, b := untimed(result), untimed(played.Result); !reflect.DeepEqual(a, b) {
		t.Errorf("the replay's result differs: %s", difference(show(t, a), show(t, b)))
	}
	recorded.Key, recorded.Untaken = nil, nil
	if a, b := show(t, recorded), show(t, played.Tape); !recorded.Empty() && !bytes.Equal(a, b) {
		t.Errorf("the replay's tape differs: %s", difference(a, b))
	}
	return played
}

// untimed returns a result without what a replay does not have: times of the wall clock,
// memory, and what was contacted.
func untimed(r host.Result) host.Result {
	r.StartedAt, r.EndedAt = host.Result{}.StartedAt, host.Result{}.EndedAt
	r.Contacted = nil
	r.Stats.TotalMicros, r.Stats.StartMicros, r.Stats.HostMicros, r.Stats.MemoryBytes = 0, 0, 0, 0
	if r.Error != nil && r.Fault == host.FaultHost {
		r.Error = nil
	}
	var back host.Result
	b, _ := json.Marshal(r)
	_ = json.Unmarshal(b, &back)
	return back
}

func show(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// difference returns the first lines in which two JSON values differ.
func difference(was, is []byte) string {
	a, b := strings.Split(string(was), "\n"), strings.Split(string(is), "\n")
	for i := range a {
		if i >= len(b) || a[i] != b[i] {
			return fmt.Sprintf("%.500q, recorded %.500q", b[min(i, len(b)):min(i+4, len(b))], a[i:min(i+4, len(a))])
		}
	}
	return fmt.Sprintf("%.500q, which was not recorded", b[len(a):])
}
