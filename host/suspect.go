package host

// Suspect is an execution that ran when the host ended without stopping: killed,
// out of memory or by a bug. It runs again while no other execution runs,
// and each start of a step is recorded first, so that the step that ends the host
// is known.
type Suspect struct {
	Execution

	// Crashes is how often the host ended while it ran. From 2 on nothing else
	// may run beside it.
	Crashes int
	// Guilty: its next step ended the host and must not run again.
	Guilty bool
}
