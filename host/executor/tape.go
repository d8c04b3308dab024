package executor

import (
	"log/slog"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/tape"
)

// recorder encrypts the tapes of runs, as far as their bindings want them.
type recorder struct {
	sealer Sealer // nil: no tape is stored
	log    *slog.Logger
}

// sealedTape is a tape as the store gets it.
type sealedTape struct {
	body  []byte    // nil: there is none
	until time.Time // when it is deleted; zero: with its execution
}

// seal returns the encrypted tape of an attempt. There is none when the event was the run's
// only input, and when the binding does not want it. A tape holds secrets: one that can't
// be encrypted is dropped.
func (r recorder) seal(t *host.Tape, result *host.Result, step *host.Step) (sealed sealedTape) {
	if r.sealer == nil || t.Empty() {
		return sealed
	}
	s := t.Settings // of the run, over the defaults
	if s == nil || s.Tape == "" {
		over := step.Settings.Over(host.DefaultSettings())
		s = &over
	}
	if s.Tape == host.TapeOff || s.Tape == host.TapeFailures && result.Succeeded {
		return sealed
	}
	plaintext, err := tape.Encode(t, s.TapeBodyBytes)
	if err == nil {
		sealed.body, err = r.sealer.Seal(plaintext, host.TapePlace(result.ExecutionID, result.Step, result.Attempt))
	}
	if err != nil {
		r.log.Error("cannot seal the tape of a run; it is recorded without, and can't be replayed",
			"execution", result.ExecutionID, "step", result.Step, "attempt", result.Attempt, "error", err)
		return sealedTape{}
	}
	if age, limited := s.TapeMaxAge.Duration(); limited {
		sealed.until = result.EndedAt.Add(age)
	}
	return sealed
}
