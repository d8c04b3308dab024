package sandbox

// Burn charges the run with units of fuel for what its host function computes:
// about one for each nanosecond, as for the guest's own instructions. A run that
// has used up its fuel ends here; Burn does not return then. It is for the run's
// goroutine, and best called before the work.
func (c *Call) Burn(units int64) {
	if c.instance == nil || units <= 0 {
		return
	}
	units = min(units, c.meter.budget+1) // more than all of it makes no difference
	fuel := c.instance.fuel
	fuel.Set(uint64(int64(fuel.Get()) - units)) // what is missing is granted or denied at the next refill
	if err := c.overdrawn(); err != nil {
		c.Stop(c.spent())
	}
}
