package executor

// Wanted returns how many flows wait for a turn.
func (d *Decider) Wanted() int64 { return d.turns.wanted.Load() }
