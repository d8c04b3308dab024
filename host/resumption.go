package host

import "strconv"

// Resumption is what one attempt of a step gets of the earlier ones, and what it leaves
// for later ones while it runs.
type Resumption struct {
	// Earlier are the attempts that it resumes from, in the order in which they were made.
	Earlier []EarlierAttempt

	// Keep takes a part of the attempt's tape: the calls since the last part, with seed
	// and start. It returns when the part outlives the process. It is called before a
	// request goes out that is not safe to repeat, and when one has been answered; from
	// several goroutines, and never after the run. Nil: nothing is kept before the run
	// has ended.
	Keep func(part Tape)
}

// EarlierAttempt is what an earlier attempt of the same step has left.
type EarlierAttempt struct {
	Number int // from 1; an attempt that the host's end cut off has that of the one made in its place
	Tape   Tape
}

// SealedTape is the tape of one attempt as it is stored.
type SealedTape struct {
	Attempt int
	Body    []byte
}

// AttemptName names an attempt where it is kept while it runs.
func AttemptName(executionID string, step, attempt int) string {
	return executionID + "-" + strconv.Itoa(step) + "-" + strconv.Itoa(attempt)
}
