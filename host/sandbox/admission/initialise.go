package admission

import (
	"context"
	"fmt"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/wasmbin"
)

// warmUpExport is an export that runs before the snapshot is taken, if a module has
// it: no run has to do again what it does.
const warmUpExport = "usher_warm_up"

// Initialisation is a run of a module's initialisation, before any run of the
// module itself. Random bytes are the same each time, and the clock stands still.
type Initialisation struct {
	Limits   host.Limits
	Compiled bool // false: it is interpreted
	// Snapshot takes the state that it leaves. What depends on a single run, such
	// as the time, then ends it. Without Snapshot it is a test run, which only
	// calls of host functions end.
	Snapshot bool
	WarmUp   string // with Snapshot, an export that is called afterwards; "": none
}

// Initialised is the result of an [Initialisation].
type Initialised struct {
	Memory   []byte   // a copy; nil without memory
	Globals  []uint64 // the values of the artifact's GlobalNames
	Random   bool     // it took random bytes
	WarmedUp bool     // the warm-up was reached
	Taint    string   // why the result depends on the run; "": it does not
	Fault    *Fault   // nil: it succeeded, or Taint ended it
}

// Fault is why an initialisation failed.
type Fault struct {
	Kind    host.Fault
	Limit   string // the limit that was exceeded, by its name in [host.Limits]
	Message string
}

// initLimits bound the initialisation of a module.
var initLimits = host.Limits{TimeoutMillis: 30_000, Fuel: 2_000_000_000, MemoryBytes: 256 << 20}

// interpretedFuel is how much of the fuel is spent in the interpreter: code that
// runs once and briefly is not worth compiling.
const interpretedFuel = 30_000_000

// tooLong is why an initialisation that exceeded its fuel or time has no snapshot.
const tooLong = "it takes too long"

// endless is the fault of an initialisation that exceeded the fuel.
var endless = fmt.Sprintf("it does not end within %d units of fuel", initLimits.Fuel)

// takeSnapshot runs the module's initialisation and takes its memory and globals.
// A module whose initialisation calls the host, reads the clock or fails gets none:
// its instances initialise themselves in every run.
func (ad *Admitter) takeSnapshot(ctx context.Context, a *Artifact, facts wasmbin.Facts) error {
	if len(a.Reasons) > 0 {
		return nil
	}
	if facts.Memory != nil && facts.Memory.Min == 0 {
		a.Reasons = append(a.Reasons, "its memory begins empty")
		return nil
	}
	if a.MinMemoryBytes > initLimits.MemoryBytes {
		a.Reasons = append(a.Reasons, fmt.Sprintf("its memory begins with more than %d MiB", initLimits.MemoryBytes>>20))
		return nil
	}
	for _, g := range facts.Globals {
		a.GlobalNames = append(a.GlobalNames, g.Export)
	}
	taint, err := ad.snapshotWith(ctx, a, false)
	if err == nil && taint == tooLong {
		taint, err = ad.snapshotWith(ctx, a, true)
	}
	if err == nil && taint != "" {
		a.Reasons = append(a.Reasons, "its initialisation does not stand for every run: "+taint)
	}
	return err
}

// snapshotWith takes the snapshot with the interpreter or with compiled code. It
// returns why that is not possible, "" when it was.
func (ad *Admitter) snapshotWith(ctx context.Context, a *Artifact, compiled bool) (taint string, err error) {
	in := initialisation(compiled)
	in.Snapshot = true
	if a.hasExport(warmUpExport) {
		in.WarmUp = warmUpExport
	}
	got, err := ad.Engine.Initialise(ctx, a, in)
	if err != nil {
		return "", err
	}
	a.WarmedUp = a.WarmedUp || got.WarmedUp
	switch f := got.Fault; {
	case got.Taint != "":
		return got.Taint, nil
	case f != nil && f.Limit == "fuel" && compiled && !a.WarmedUp:
		a.InitFault = endless
		return tooLong, nil
	case f != nil && (f.Limit == "fuel" || f.Limit == "timeout_ms"):
		return tooLong, nil
	case f != nil:
		return f.Message, nil
	}
	a.Snapshot, a.InitRandom, a.image, a.Globals = true, got.Random, got.Memory, got.Globals
	return "", nil
}

// testInitialisation records in a why every run of the module would fail before
// its handler is called: its start section or initialiser traps, exits with a code
// that is not 0, or does not end within the fuel. Where an initialisation calls the
// host, or needs more memory, that can't be known. A module with a snapshot has
// initialised itself.
func (ad *Admitter) testInitialisation(ctx context.Context, a *Artifact) error {
	if a.Snapshot || a.InitFault != "" || len(a.Links) > 0 || a.MinMemoryBytes > initLimits.MemoryBytes {
		return nil
	}
	got, err := ad.Engine.Initialise(ctx, a, initialisation(false))
	if err == nil && got.Fault != nil && got.Fault.Limit == "fuel" {
		got, err = ad.Engine.Initialise(ctx, a, initialisation(true))
	}
	a.InitFault = faultOfEveryRun(got.Fault)
	return err
}

func initialisation(compiled bool) Initialisation {
	in := Initialisation{Limits: initLimits, Compiled: compiled}
	if !compiled {
		in.Limits.Fuel = interpretedFuel
	}
	return in
}

// faultOfEveryRun returns the fault that every run has after this one of the
// initialisation, "" when that can't be known.
func faultOfEveryRun(f *Fault) string {
	switch {
	case f == nil:
		return ""
	case f.Limit == "fuel":
		return endless
	case f.Kind != host.FaultGuest:
		return ""
	}
	return f.Message
}
