package tape

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/usherhost/usher/host"
)

func TestTheRecordOfAnUsualCallIsThatOfAnyCall(t *testing.T) {
	t.Parallel()
	long := json.RawMessage(`"` + string(bytes.Repeat([]byte("x"), 300)) + `"`)
	for _, c := range []host.Call{
		{},
		{Function: "f"},
		{Ordinal: 1, Function: "secret_get", Request: json.RawMessage(`{"name":"A"}`), Answer: json.RawMessage(`{}`), EndMicros: 12},
		{Ordinal: 300_000, Function: "http_send", Request: long, Answer: long, EndMicros: 1 << 40},
		{Ordinal: 127, Function: "clock_sleep", EndMicros: -1},
	} {
		var usual, unusual encoder
		usual.usual(&c)
		if err := unusual.unusual(&c); err != nil || !bytes.Equal(usual.block, unusual.block) {
			t.Errorf("%+v: %x, want %x (%v)", c, usual.block, unusual.block, err)
		}
	}
}
