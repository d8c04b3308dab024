package executor

import (
	"encoding/json"
	"log/slog"
	"strconv"

	"github.com/usherhost/usher/host"
)

// sealTape returns the encrypted tape of an attempt; nil when the run made no host call,
// and without a sealer. A tape holds secrets: one that can't be encrypted is dropped.
func sealTape(sealer Sealer, log *slog.Logger, tape host.Tape, executionID string, step, attempt int) []byte {
	if len(tape.Calls) == 0 || sealer == nil {
		return nil
	}
	plaintext, err := encodeTape(tape)
	if err == nil {
		var sealed []byte
		if sealed, err = sealer.Seal(plaintext, host.TapePlace(executionID, step, attempt)); err == nil {
			return sealed
		}
	}
	log.Error("cannot seal the tape of a run; it is recorded without, and can't be replayed",
		"execution", executionID, "step", step, "attempt", attempt, "error", err)
	return nil
}

// encodeTape returns the tape in JSON, as encoding/json does, but without
// copying requests and answers, which are JSON already, more than once: a tape
// may have many megabytes.
func encodeTape(tape host.Tape) ([]byte, error) {
	calls := tape.Calls
	tape.Calls = nil
	head, err := json.Marshal(tape)
	if err != nil || len(calls) == 0 {
		return head, err
	}
	const perCall = 96 // names, numbers and braces
	size := len(head) + len(`,"calls":[]`)
	for i := range calls {
		size += perCall + len(calls[i].Function) + len(calls[i].Request) + len(calls[i].Answer)
	}
	b := append(make([]byte, 0, size), head[:len(head)-1]...)
	if len(head) > len("{}") {
		b = append(b, ',')
	}
	b = append(b, `"calls":[`...)
	for i := range calls {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendCall(b, &calls[i])
	}
	return append(b, "]}"...), nil
}

func appendCall(b []byte, c *host.Call) []byte {
	b = strconv.AppendInt(append(b, `{"n":`...), int64(c.Ordinal), 10)
	b = append(append(append(b, `,"fn":"`...), c.Function...), '"') // a name of the host's own
	if len(c.Request) > 0 {
		b = append(append(b, `,"req":`...), c.Request...)
	}
	if len(c.Answer) > 0 {
		b = append(append(b, `,"ans":`...), c.Answer...)
	}
	b = strconv.AppendInt(append(b, `,"end_us":`...), c.EndMicros, 10)
	return append(b, '}')
}
