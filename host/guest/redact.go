package guest

import (
	"maps"
	"sync"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/redact"
)

// redactor returns what takes the values of the run's secrets out of all that
// people see of it. It is made when it is first needed, and nil without secrets.
func (c *call) redactor() *redact.Redactor {
	if len(c.secrets) == 0 {
		return nil
	}
	if !c.redacting {
		c.redacts, c.redacting = keptRedactors.of(c.run.Step.ActionID, c.secrets), true
	}
	return c.redacts
}

func (c *call) redact(text string) string { return c.redactor().Text(text) }

func (c *call) redactNote(n host.CallNote) host.CallNote {
	n.Target, n.Error, n.Hint = c.redact(n.Target), c.redact(n.Error), c.redact(n.Hint)
	return n
}

// output returns what is kept of what the guest put out.
func (c *call) output(output []byte) []byte {
	output = c.locateIn(output)
	if c.runner.Verbatim {
		return output
	}
	return c.redactor().JSON(output)
}

// wholeSecrets returns the beginning of text, most bytes at most and whole
// characters, with no secret cut in two: what is left of one would not be
// recognized. Whoever cuts text before it is redacted must cut it so.
func (c *call) wholeSecrets(text string, most int64) string {
	if int64(len(text)) <= most {
		return text
	}
	text, _ = begin(text, int64(c.redactor().Cut(text, int(max(most, 0)))))
	return text
}

// maxRedactors is how many actions' redactors are kept.
const maxRedactors = 256

// redactors keeps the redactors of actions until their secrets change: making
// one takes longer than using it. It is safe for concurrent use.
type redactors struct {
	mu   sync.Mutex
	kept map[string]keptRedactor // guarded by mu; by action
}

// keptRedactors are those of all runners: a redactor depends on its secrets alone.
var keptRedactors redactors

type keptRedactor struct {
	secrets  map[string]string
	redactor *redact.Redactor
}

func (r *redactors) of(actionID string, secrets map[string]string) *redact.Redactor {
	r.mu.Lock()
	kept, found := r.kept[actionID]
	r.mu.Unlock()
	if found && maps.Equal(kept.secrets, secrets) {
		return kept.redactor
	}
	kept = keptRedactor{maps.Clone(secrets), redact.New(secrets)}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept == nil {
		r.kept = map[string]keptRedactor{}
	}
	for other := range r.kept { // any will do
		if len(r.kept) < maxRedactors {
			break
		}
		delete(r.kept, other)
	}
	r.kept[actionID] = kept
	return kept.redactor
}
