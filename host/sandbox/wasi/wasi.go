// Package wasi serves WASI preview 1 to a guest without files, sockets, arguments
// and environment: it has a clock, random bytes, and its standard streams. It
// keeps no state between calls. What a call costs and when a run ends is the
// business of the [Run] on whose behalf a function is called.
// https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md
package wasi

import (
	"encoding/binary"
	"io"
	"slices"
	"time"

	"github.com/tetratelabs/wazero/api"
)

// Module is the name of the module that guests import WASI preview 1 from.
const Module = "wasi_snapshot_preview1"

// Function is one function of WASI.
type Function struct {
	Name            string
	Params, Results []api.ValueType
	// Call reads the parameters from stack and writes the result there.
	Call func(r Run, stack []uint64)
}

// Run is the run of the guest that calls a function.
type Run interface {
	Memory() api.Memory     // of the module that calls; nil when it has none
	Check()                 // ends the run when its deadline has passed
	Burn(units int64)       // charges the run with fuel
	Taint(why string)       // what follows depends on this run: a snapshot must not contain it
	Random(p []byte)        // fills p
	Now() time.Time         // the guest's wall clock
	Elapsed() time.Duration // the guest's monotonic clock
	Sleep(d time.Duration)
	Output() (stdout, stderr io.Writer)
}

// The error numbers of WASI preview 1 that are used here.
const (
	success   = 0
	errBadF   = 8
	errFault  = 21
	errInval  = 28
	errNoSys  = 52
	errNotDir = 54
	errNotSup = 58
	errSPipe  = 70
)

// Functions returns every function of WASI preview 1. The guest has three open
// descriptors, its standard streams, which are character devices. Functions that
// need another file, a folder or the network fail as for a descriptor that is not
// open. Error numbers are those of wazero's own WASI, except as wasi_test.go lists:
// a test compares them.
func Functions() []Function {
	functions := []Function{
		function("args_get", "ii", noList),
		function("args_sizes_get", "ii", nothing),
		function("environ_get", "ii", noList),
		function("environ_sizes_get", "ii", nothing),
		function("clock_res_get", "ii", clockResolution),
		function("clock_time_get", "iIi", clockTime),
		function("poll_oneoff", "iiii", poll),
		function("random_get", "ii", randomGet),
		function("sched_yield", "", answer(success)),
		function("proc_raise", "i", answer(errNoSys)),
		{Name: "proc_exit", Params: []api.ValueType{api.ValueTypeI32}, Call: func(_ Run, s []uint64) {
			panic(Exit(uint32(s[0])))
		}},
	}
	return slices.Concat(functions, streams(), openStreams(), paths(), sockets())
}

// Exit is the code of a guest that calls proc_exit. It leaves the guest as a panic.
type Exit uint32

// Error makes it an error, which the engine returns from the call.
func (e Exit) Error() string { return "exit" }

// memory is the guest's own memory, for bounds-checked access.
type memory struct{ api.Memory }

// put32 and put64 write a number and report whether it lies in memory.
func (m memory) put32(at uint64, v uint32) bool {
	return m.Memory != nil && m.WriteUint32Le(uint32(at), v)
}

func (m memory) put64(at, v uint64) bool {
	return m.Memory != nil && m.WriteUint64Le(uint32(at), v)
}

func (m memory) slice(at, n uint64) ([]byte, bool) {
	if m.Memory == nil {
		return nil, false
	}
	return m.Read(uint32(at), uint32(n))
}

// holds reports whether n bytes lie in memory.
func (m memory) holds(at, n uint64) bool {
	_, ok := m.slice(at, n)
	return ok
}

// function makes a function whose parameters are i (i32) and I (i64), and whose
// result is an error number.
func function(name, params string, run func(Run, memory, []uint64) uint64) Function {
	f := Function{Name: name, Params: []api.ValueType{}, Results: []api.ValueType{api.ValueTypeI32}}
	for _, p := range params {
		if p == 'I' {
			f.Params = append(f.Params, api.ValueTypeI64)
		} else {
			f.Params = append(f.Params, api.ValueTypeI32)
		}
	}
	f.Call = func(r Run, s []uint64) {
		for i, t := range f.Params {
			if t == api.ValueTypeI32 {
				s[i] = uint64(uint32(s[i])) // its upper half can be anything
			}
		}
		code := run(r, memory{r.Memory()}, s)
		s[0] = code
	}
	return f
}

func errno(ok bool) uint64 {
	if ok {
		return success
	}
	return errFault
}

// nothing returns that there are no arguments, or no environment.
func nothing(_ Run, m memory, s []uint64) uint64 {
	return errno(m.put32(s[0], 0) && m.put32(s[1], 0))
}

// noList writes an empty list of arguments or variables.
func noList(_ Run, m memory, s []uint64) uint64 {
	return errno(m.holds(s[0], 0) && m.holds(s[1], 0))
}

func clockResolution(_ Run, m memory, s []uint64) uint64 {
	switch s[0] {
	case realtime:
		return errno(m.put64(s[1], uint64(time.Microsecond)))
	case monotonic:
		return errno(m.put64(s[1], 1))
	}
	return errInval
}

// The clocks of WASI preview 1.
const (
	realtime  = 0
	monotonic = 1
)

func clockTime(r Run, m memory, s []uint64) uint64 {
	switch s[0] {
	case realtime:
		r.Taint("it looks at the clock")
		return errno(m.put64(s[2], uint64(r.Now().UnixNano())))
	case monotonic:
		return errno(m.put64(s[2], uint64(r.Elapsed())))
	}
	return errInval
}

func randomGet(r Run, m memory, s []uint64) uint64 {
	data, ok := m.slice(s[0], s[1])
	if !ok {
		return errFault
	}
	r.Burn(int64(len(data)))
	for piece := range slices.Chunk(data, pieceBytes) {
		r.Check()
		r.Random(piece)
	}
	return success
}

// pieceBytes is how many bytes are filled between checks of the run's deadline.
const pieceBytes = 1 << 20

// The layout of poll_oneoff's subscriptions and events.
const (
	subscriptionBytes = 48
	eventBytes        = 32
	maxSubscriptions  = 1024
	eventClock        = 0
	eventWrite        = 2
)

// poll serves subscriptions to clocks: it sleeps for the shortest wait, and reports
// all that have ended then. Standard streams are ready at once.
func poll(r Run, m memory, s []uint64) uint64 {
	in, out, n := s[0], s[1], s[2]
	if n == 0 || n > maxSubscriptions {
		return errInval
	}
	subscriptions, ok := m.slice(in, n*subscriptionBytes)
	if !ok || !m.holds(out, n*eventBytes) || !m.holds(s[3], 4) {
		return errFault
	}
	waits, shortest := make([]time.Duration, n), time.Duration(1<<63-1)
	for i := range waits {
		sub := subscriptions[i*subscriptionBytes:][:subscriptionBytes]
		if !validSubscription(sub) {
			return errInval
		}
		waits[i] = waitOf(r, sub)
		shortest = min(shortest, waits[i])
	}
	var events []byte
	for i, wait := range waits {
		if wait == shortest {
			events = appendEvent(events, subscriptions[i*subscriptionBytes:][:subscriptionBytes])
		}
	}
	if shortest > 0 {
		r.Taint("it sleeps")
		r.Sleep(shortest)
	}
	return errno(m.Write(uint32(out), events) && m.put32(s[3], uint32(len(events)/eventBytes)))
}

// validSubscription reports whether a subscription has a known type, and one to
// a clock known flags.
func validSubscription(sub []byte) bool {
	return sub[8] <= eventWrite && (sub[8] != eventClock || binary.LittleEndian.Uint16(sub[40:]) <= 1)
}

// appendEvent reports that a subscription is ready, or that its descriptor is not
// open.
func appendEvent(events, sub []byte) []byte {
	event := [eventBytes]byte{10: sub[8]}
	copy(event[:], sub[:8]) // user data
	if sub[8] != eventClock && !isStream(uint64(binary.LittleEndian.Uint32(sub[16:]))) {
		event[8] = errBadF
	}
	return append(events, event[:]...)
}

// waitOf returns how long a subscription has to wait, 0 for one that is not to a
// clock.
func waitOf(r Run, subscription []byte) time.Duration {
	if subscription[8] != eventClock {
		return 0
	}
	clock := binary.LittleEndian.Uint32(subscription[16:])
	wait := binary.LittleEndian.Uint64(subscription[24:])
	const absolute = 1
	if binary.LittleEndian.Uint16(subscription[40:])&absolute != 0 {
		now := uint64(r.Elapsed())
		if clock == realtime {
			now = uint64(r.Now().UnixNano())
		}
		wait -= min(wait, now)
	}
	return time.Duration(min(wait, uint64(24*time.Hour)))
}
