package replay

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/tape"
)

// addSent puts onto a tape the answers of crypto_call that its run sent on, such as the
// signature of a body: with placeholders for secrets they could not be computed again. An
// answer that was not sent stays away, since it may be as secret as the key. A run that
// can't be played back gets none.
func addSent(ctx context.Context, r *guest.Runner, rec *tape.Recording) error {
	if !hasComputed(rec.Tape.Calls) {
		return nil
	}
	recorded := &guest.Recorded{Result: rec.Result, Tape: rec.Tape, Digest: rec.Step.Digest, Computed: true}
	played, err := offline(r).Replay(ctx, guest.Run{Step: rec.Step, Event: &rec.Event}, recorded, nil)
	if err != nil || played.Divergence != nil || len(played.Tape.Calls) != len(rec.Tape.Calls) {
		return err
	}
	for i := range rec.Tape.Calls {
		if c := &rec.Tape.Calls[i]; isComputed(c) && isSent(computed(&played.Tape.Calls[i]), rec.Tape.Calls[i+1:]) {
			c.Answer = played.Tape.Calls[i].Answer
		}
	}
	return nil
}

func hasComputed(calls []host.Call) bool {
	for i := range calls {
		if isComputed(&calls[i]) {
			return true
		}
	}
	return false
}

// isComputed reports whether a call has an answer that the tape does not.
func isComputed(c *host.Call) bool { return c.Function == "crypto_call" && computed(c) == nil }

// computed returns what an operation gave, when that is all of its answer; nil when the
// tape does not have it.
func computed(c *host.Call) []byte {
	var a struct {
		Bytes []byte `json:"bytes"`
	}
	const head = 4 // the length of what describes the bytes
	if json.Unmarshal(c.Answer, &a) != nil || len(a.Bytes) <= head {
		return nil
	}
	return a.Bytes[head:]
}

// leastSent is how long an answer must be to be known from what was sent.
const leastSent = 8

// isSent reports whether requests have bytes, in a form in which they are usually written.
func isSent(answer []byte, later []host.Call) bool {
	if len(answer) < leastSent {
		return false
	}
	lower := []byte(hex.EncodeToString(answer))
	forms := [][]byte{
		lower, bytes.ToUpper(lower),
		[]byte(base64.RawStdEncoding.EncodeToString(answer)), []byte(base64.RawURLEncoding.EncodeToString(answer)),
	}
	for i := range later {
		for _, form := range forms {
			if (later[i].Function == "http_send" || later[i].Function == "http_start") && bytes.Contains(later[i].Request, form) {
				return true
			}
		}
	}
	return false
}
