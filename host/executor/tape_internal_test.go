package executor

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
)

func TestATapeIsEncodedAsEncodingJSONDoes(t *testing.T) {
	t.Parallel()
	calls := []host.Call{
		{Function: "secret_get", Request: json.RawMessage(`{"name":"A"}`), Answer: json.RawMessage(`{"value":"\u003c"}`), EndMicros: 12},
		{Ordinal: 1, Function: "clock_sleep", EndMicros: -1},
	}
	for _, tape := range []host.Tape{
		{},
		{Calls: calls},
		{Calls: calls[1:], Start: time.Unix(1, 2000).UTC()},
		{Seed: []byte{1, 2}, Secrets: map[string]string{"A": "<b>"}, Calls: calls},
		{Seed: []byte{1}},
	} {
		want, err := json.Marshal(tape)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := encodeTape(tape); err != nil || string(got) != string(want) {
			t.Errorf("%s, want %s (%v)", got, want, err)
		}
	}
}
