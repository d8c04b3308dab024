package guest

import (
	"fmt"
	"maps"
	"strings"
	"sync"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/redact"
)

// redaction is the run's redactor, once it is made.
type redaction struct {
	redactor *redact.Redactor
	made     bool
}

// redactor returns what takes the values of the run's secrets out of all that
// people see of it. It is made when it is first needed, and nil without secrets.
func (c *call) redactor() *redact.Redactor {
	if len(c.secrets) == 0 {
		return nil
	}
	if !c.redaction.made {
		c.redaction.redactor, c.redaction.made = keptRedactors.of(c.run.Step.ActionID, c.secrets), true
	}
	return c.redaction.redactor
}

// redactBytes is how much text is looked through before the run's deadline is
// looked at again.
const redactBytes = 64 << 10

// redact returns text without secrets: of an error, an output, a call's note,
// and of log lines (log in log.go).
func (c *call) redact(text string) string {
	r := c.redactor()
	if r == nil || len(text) <= redactBytes {
		return r.Text(text)
	}
	var b strings.Builder
	for len(text) > 0 {
		n := r.Cut(text, redactBytes)
		if n == 0 { // one secret, as long as that
			n = min(len(text), redactBytes)
		}
		b.WriteString(r.Text(text[:n]))
		text = text[n:]
		if c.sandbox != nil {
			c.sandbox.Check()
		}
	}
	return b.String()
}

// redactPanic takes secrets out of a panic that is under way, since the caller
// reports it.
func (c *call) redactPanic() {
	p := recover()
	if p == nil {
		return
	}
	if text := fmt.Sprint(p); c.redact(text) != text {
		p = c.redact(text)
	}
	panic(p)
}

func (c *call) redactNote(n host.CallNote) host.CallNote {
	n.Target, n.Error, n.Fix = c.redact(n.Target), c.redact(n.Error), c.recordedFix(n.Fix)
	n.Body = redact.Credentials(c.redact(n.Body)) // also those that are no secret of the action
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
// recognized. Text that is cut before it is redacted must be cut so.
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
