package executor

import (
	"log/slog"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/tape"
)

// sealTape returns the encrypted tape of an attempt; nil when the event was the run's only
// input, and without a sealer. A tape holds secrets: one that can't be encrypted is
// dropped.
func sealTape(sealer Sealer, log *slog.Logger, t host.Tape, executionID string, step, attempt int) []byte {
	if t.Empty() || sealer == nil {
		return nil
	}
	plaintext, err := tape.Encode(&t, 0)
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
