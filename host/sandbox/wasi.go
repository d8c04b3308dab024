package sandbox

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/tetratelabs/wazero/api"

	"github.com/usherhost/usher/host"
)

// wasiModule is WASI preview 1, as far as a guest without files, sockets,
// arguments and environment can use it. It keeps no state between runs.
// https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md
const wasiModule = "wasi_snapshot_preview1"

// The error numbers of WASI preview 1 that are used here.
const (
	wasiSuccess = 0
	wasiBadF    = 8
	wasiFault   = 21
	wasiInval   = 28
	wasiNoSys   = 52
	wasiNotDir  = 54
	wasiNotSup  = 58
	wasiSPipe   = 70
)

// wasiFunctions returns every function of WASI preview 1. The guest has three
// open descriptors, its standard streams, which are character devices; what
// needs another file, a folder or the network answers as for a descriptor that
// is not open. Errors are those of wazero's own WASI (a test compares them), but
// for what wasi_test.go says.
func wasiFunctions() []Function {
	functions := []Function{
		wasi("args_get", "ii", wasiNoList),
		wasi("args_sizes_get", "ii", wasiNothing),
		wasi("environ_get", "ii", wasiNoList),
		wasi("environ_sizes_get", "ii", wasiNothing),
		wasi("clock_res_get", "ii", wasiClockResolution),
		wasi("clock_time_get", "iIi", wasiClockTime),
		wasi("poll_oneoff", "iiii", wasiPoll),
		wasi("random_get", "ii", wasiRandom),
		wasi("sched_yield", "", func(*Call, memoryView, []uint64) uint64 { return wasiSuccess }),
		wasi("proc_raise", "i", func(*Call, memoryView, []uint64) uint64 { return wasiNoSys }),
		{Module: wasiModule, Name: "proc_exit", Params: []ValueType{I32}, Run: func(_ *Call, s []uint64) {
			panic(exit(uint32(s[0])))
		}},
	}
	return slices.Concat(functions, wasiStreams(), wasiPaths(), wasiSockets())
}

// exit is a guest's proc_exit on its way out of the guest.
type exit uint32

// Error implements error: it leaves the guest as a panic that is one.
func (e exit) Error() string { return "exit" }

// memoryView is the guest's own memory, for bounds-checked access.
type memoryView struct{ api.Memory }

// put32 and put64 write a number and report whether it lies in memory.
func (m memoryView) put32(at uint64, v uint32) bool {
	return m.Memory != nil && m.WriteUint32Le(uint32(at), v)
}

func (m memoryView) put64(at, v uint64) bool {
	return m.Memory != nil && m.WriteUint64Le(uint32(at), v)
}

func (m memoryView) slice(at, n uint64) ([]byte, bool) {
	if m.Memory == nil {
		return nil, false
	}
	return m.Read(uint32(at), uint32(n))
}

// holds reports whether n bytes lie in memory.
func (m memoryView) holds(at, n uint64) bool {
	_, ok := m.slice(at, n)
	return ok
}

// wasi makes a function whose parameters are i (i32) and I (i64), and whose
// result is an error number.
func wasi(name, params string, run func(*Call, memoryView, []uint64) uint64) Function {
	f := Function{Module: wasiModule, Name: name, Params: []ValueType{}, Results: []ValueType{I32}}
	for _, p := range params {
		if p == 'I' {
			f.Params = append(f.Params, I64)
		} else {
			f.Params = append(f.Params, I32)
		}
	}
	f.Run = func(c *Call, s []uint64) {
		for i, t := range f.Params {
			if t == I32 {
				s[i] = uint64(uint32(s[i])) // its upper half can be anything
			}
		}
		code := run(c, memoryView{c.guest()}, s)
		s[0] = code
	}
	return f
}

func errno(ok bool) uint64 {
	if ok {
		return wasiSuccess
	}
	return wasiFault
}

// wasiNothing tells that there are no arguments, or no environment.
func wasiNothing(_ *Call, m memoryView, s []uint64) uint64 {
	return errno(m.put32(s[0], 0) && m.put32(s[1], 0))
}

// wasiNoList writes no argument, and no variable.
func wasiNoList(_ *Call, m memoryView, s []uint64) uint64 {
	return errno(m.holds(s[0], 0) && m.holds(s[1], 0))
}

func wasiClockResolution(_ *Call, m memoryView, s []uint64) uint64 {
	switch s[0] {
	case wasiRealtime:
		return errno(m.put64(s[1], uint64(time.Microsecond)))
	case wasiMonotonic:
		return errno(m.put64(s[1], 1))
	}
	return wasiInval
}

// The clocks of WASI preview 1.
const (
	wasiRealtime  = 0
	wasiMonotonic = 1
)

func wasiClockTime(c *Call, m memoryView, s []uint64) uint64 {
	switch s[0] {
	case wasiRealtime:
		c.spoil("it looks at the clock")
		return errno(m.put64(s[2], uint64(c.request.Clock.Now().UnixNano())))
	case wasiMonotonic:
		return errno(m.put64(s[2], uint64(c.monotonic())))
	}
	return wasiInval
}

func wasiRandom(c *Call, m memoryView, s []uint64) uint64 {
	data, ok := m.slice(s[0], s[1])
	if !ok {
		return wasiFault
	}
	c.Burn(int64(len(data)))
	for piece := range slices.Chunk(data, pieceBytes) {
		c.Check()
		if _, err := c.request.Random.Read(piece); err != nil {
			c.Stop(&Fault{Kind: host.FaultHost, Message: "read random bytes: " + err.Error()})
		}
	}
	return wasiSuccess
}

// pieceBytes is how much is worked through between looks at the run's deadline.
const pieceBytes = 1 << 20

// The layout of poll_oneoff's subscriptions and events.
const (
	subscriptionBytes = 48
	eventBytes        = 32
	maxSubscriptions  = 1024
	eventClock        = 0
	eventWrite        = 2
)

// wasiPoll serves subscriptions to a clock: it sleeps for the shortest, and tells
// of all that are over then. Standard streams are ready at once.
func wasiPoll(c *Call, m memoryView, s []uint64) uint64 {
	in, out, n := s[0], s[1], s[2]
	if n == 0 || n > maxSubscriptions {
		return wasiInval
	}
	subscriptions, ok := m.slice(in, n*subscriptionBytes)
	if !ok || !m.holds(out, n*eventBytes) || !m.holds(s[3], 4) {
		return wasiFault
	}
	waits, shortest := make([]time.Duration, n), time.Duration(1<<63-1)
	for i := range waits {
		sub := subscriptions[i*subscriptionBytes:][:subscriptionBytes]
		if !validSubscription(sub) {
			return wasiInval
		}
		waits[i] = c.waitOf(sub)
		shortest = min(shortest, waits[i])
	}
	var events []byte
	for i, wait := range waits {
		if wait == shortest {
			events = appendEvent(events, subscriptions[i*subscriptionBytes:][:subscriptionBytes])
		}
	}
	if shortest > 0 {
		c.spoil("it sleeps")
		c.request.Clock.Sleep(c, shortest)
	}
	return errno(m.Write(uint32(out), events) && m.put32(s[3], uint32(len(events)/eventBytes)))
}

// validSubscription reports whether a subscription has a known type, and one to
// a clock known flags.
func validSubscription(sub []byte) bool {
	return sub[8] <= eventWrite && (sub[8] != eventClock || binary.LittleEndian.Uint16(sub[40:]) <= 1)
}

// appendEvent tells that a subscription is ready, or that it is to a descriptor
// that is not open.
func appendEvent(events, sub []byte) []byte {
	event := [eventBytes]byte{10: sub[8]}
	copy(event[:], sub[:8]) // user data
	if sub[8] != eventClock && !isStream(uint64(binary.LittleEndian.Uint32(sub[16:]))) {
		event[8] = wasiBadF
	}
	return append(events, event[:]...)
}

// waitOf returns how long a subscription has to wait, 0 for what is no clock.
func (c *Call) waitOf(subscription []byte) time.Duration {
	if subscription[8] != eventClock {
		return 0
	}
	clock := binary.LittleEndian.Uint32(subscription[16:])
	wait := binary.LittleEndian.Uint64(subscription[24:])
	const absolute = 1
	if binary.LittleEndian.Uint16(subscription[40:])&absolute != 0 {
		now := uint64(c.monotonic())
		if clock == wasiRealtime {
			now = uint64(c.request.Clock.Now().UnixNano())
		}
		wait -= min(wait, now)
	}
	return time.Duration(min(wait, uint64(24*time.Hour)))
}
