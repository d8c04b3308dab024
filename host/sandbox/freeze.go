package sandbox

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/tetratelabs/wazero/api"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/wasmbin"
)

// warmUpExport is an export that runs before the image is made, if a module
// has it: what it does, no run has to do again.
const warmUpExport = "usher_warm_up"

// freezing is the state of a guest's initialisation while its image is made.
type freezing struct {
	random *rand.ChaCha8
	took   bool   // random bytes
	spoilt string // why the image can't be used; "" when it can

	bench   bool // it is a [Bench]: its blocks of exchange memory are not part of what is made
	lenient bool // the clock may be looked at: it stands still

	trial bool // no image is made: WASI may be used, and host functions end it
}

// Read gives random bytes that are the same for each making of this image.
func (f *freezing) Read(p []byte) (int, error) {
	f.took = true
	return f.random.Read(p)
}

// Now implements Clock; the clock spoils an image before it is asked.
func (f *freezing) Now() time.Time { return time.Unix(0, 0) }

// Elapsed implements Clock.
func (f *freezing) Elapsed() time.Duration { return 0 }

// Sleep implements Clock.
func (f *freezing) Sleep(*Call, time.Duration) {}

// spoil ends an initialisation that needs what only a run has.
func (c *Call) spoil(why string) {
	if c.freezing != nil && !c.freezing.lenient && !c.freezing.trial {
		c.endInitialisation(why)
	}
}

// callsHost ends an initialisation that calls a function of the host, unless that
// is harmless on a bench or in a trial.
func (c *Call) callsHost(name string, harmless bool) {
	switch f := c.freezing; {
	case f == nil, harmless && (f.bench || f.trial):
	case f.trial:
		c.endInitialisation("it calls " + name)
	default:
		c.spoil("it calls " + name)
	}
}

func (c *Call) endInitialisation(why string) {
	c.freezing.spoilt = why
	c.Stop(&Fault{Kind: host.FaultGuest, Message: why})
}

// initialLimits bound the initialisation of a module.
var initialLimits = host.Limits{TimeoutMillis: 30_000, Fuel: 2_000_000_000, MemoryBytes: 256 << 20}

// interpretedFuel is how much of that is spent in the interpreter: what runs
// once and briefly is not worth compiling.
const interpretedFuel = 30_000_000

// freeze runs the module's initialisation and takes the image of its memory
// and globals. A module whose initialisation calls the host or looks at the
// clock, or fails, has none: it initialises itself in every run.
func (s *Sandbox) freeze(ctx context.Context, a *artifact, facts wasmbin.Facts) error {
	if len(a.Reasons) > 0 {
		return nil
	}
	if facts.Memory != nil && facts.Memory.Min == 0 {
		a.Reasons = append(a.Reasons, "its memory begins empty")
		return nil
	}
	if a.MinMemoryBytes > initialLimits.MemoryBytes {
		a.Reasons = append(a.Reasons, fmt.Sprintf("its memory begins with more than %d MiB", initialLimits.MemoryBytes>>20))
		return nil
	}
	for _, g := range facts.Globals {
		a.GlobalNames = append(a.GlobalNames, g.Export)
	}
	spoilt, err := s.freezeInterpreted(ctx, a)
	if err == nil && spoilt == outOfFuel {
		spoilt, err = s.freezeCompiled(ctx, a)
	}
	if err == nil && spoilt != "" {
		a.Reasons = append(a.Reasons, "its initialisation does not stand for every run: "+spoilt)
	}
	return err
}

func (s *Sandbox) freezeInterpreted(ctx context.Context, a *artifact) (spoilt string, err error) {
	runtime := interpreter(ctx)
	defer func() { _ = runtime.Close(ctx) }() // nothing in it could fail to close
	c, err := s.interpreted(ctx, runtime, a)
	if err != nil {
		return "", err
	}
	limits := initialLimits
	limits.Fuel = interpretedFuel
	return s.freezeWith(ctx, a, c, limits)
}

func (s *Sandbox) freezeCompiled(ctx context.Context, a *artifact) (spoilt string, err error) {
	c, err := s.compilePart(ctx, a.Plain)
	if err != nil {
		return "", err
	}
	defer s.release(c)
	return s.freezeWith(ctx, a, c, initialLimits)
}

// outOfFuel is why an initialisation that was too long for its fuel has no image.
const outOfFuel = "it takes too long"

// freezeWith initialises an instance of c, and returns why no image can be
// taken of it, "" when one was.
func (s *Sandbox) freezeWith(ctx context.Context, a *artifact, c *code, limits host.Limits) (spoilt string, err error) {
	seed := sha256.Sum256(a.Plain.wasm)
	f := &freezing{random: rand.NewChaCha8(seed)}
	call := &Call{}
	call.begin(ctx, &Request{Limits: limits, Random: f, Clock: f, Stdout: io.Discard, Stderr: io.Discard})
	defer call.end()
	i, err := s.plainInstance(call, c, nil)
	if err != nil {
		return "", fmt.Errorf("instantiate module: %w", err)
	}
	defer i.close()
	call.freezing, call.instance, call.exchange = f, i, &kernel{account: i.account}
	call.fill()
	if err := i.prepareImage(call, a); err != nil {
		fault := call.explain(err)
		switch {
		case f.spoilt != "":
			return f.spoilt, nil
		case fault.Limit == "fuel" || fault.Limit == "timeout_ms":
			if fault.Limit == "fuel" && limits.Fuel == initialLimits.Fuel && !a.WarmedUp {
				a.InitFault = initTooLong
			}
			return outOfFuel, nil
		}
		return fault.Message, nil
	}
	a.take(i, f)
	return "", nil
}

// prepareImage initialises the instance, and warms it up when it asks for it.
func (i *instance) prepareImage(c *Call, a *artifact) error {
	if err := i.initialise(c); err != nil {
		return err
	}
	if slices.Contains(a.Exports, warmUpExport) {
		a.WarmedUp = true
		return i.enter(c, warmUpExport)
	}
	return nil
}

// take copies the state of the instance.
func (a *artifact) take(i *instance, f *freezing) {
	a.Frozen, a.InitRandom = true, f.took
	if i.linear != nil {
		image, _ := i.linear.Read(0, i.linear.Size())
		a.Image = append([]byte{}, image...)
	}
	for _, name := range a.GlobalNames {
		a.Globals = append(a.Globals, i.module.ExportedGlobal(name).(api.MutableGlobal).Get())
	}
}
