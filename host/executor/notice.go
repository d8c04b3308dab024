package executor

import (
	"fmt"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/text"
)

// maxNoticeBytes bounds an error's message in a notice.
const maxNoticeBytes = 2_000

// deadLetter is the notice of a result that is a dead letter. The error has passed the
// redactor; its stack, which is long, stays with the result.
func deadLetter(t host.Trigger, r *host.Result) host.Notice {
	n := host.Notice{
		Kind: host.NoticeDeadLetter, Trigger: t, ActionID: r.ActionID, Action: r.Action, VersionID: r.VersionID, Number: r.Number,
		BindingID: r.BindingID, ExecutionID: r.ExecutionID, Attempt: r.Attempt, Fault: r.Fault,
		Summary: fmt.Sprintf("action %q v%d failed in its last attempt, number %d", r.Action, r.Number, r.Attempt),
		Hint:    "when the cause is fixed", Fix: host.FixRetryExecution.With(r.ExecutionID),
	}
	if r.Error != nil {
		failed := *r.Error
		failed.Stack, failed.Message = "", text.Cut(failed.Message, maxNoticeBytes)
		n.Error = &failed
	}
	return n
}
