package host

// Suspect is an execution that ran when the host ended without stopping: killed,
// out of memory or by a bug. It is run again apart from the others, and each
// start of a step is noted first, so that the one which ends the host is known.
type Suspect struct {
	Execution

	// Crashes is how often the host ended while it ran. From 2 on nothing else
	// may run beside it.
	Crashes int
	// Guilty says that its next step ended the host and must not be run again.
	Guilty bool
}
