package sandbox

import (
	"encoding/binary"
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
	wasiSPipe   = 70
)

// wasiFunctions returns every function of WASI preview 1; what needs a file
// system or the network answers that it is not there.
func wasiFunctions() []Function {
	functions := []Function{
		wasi("args_get", "ii", func(*Call, memoryView, []uint64) uint64 { return wasiSuccess }),
		wasi("args_sizes_get", "ii", wasiNothing),
		wasi("environ_get", "ii", func(*Call, memoryView, []uint64) uint64 { return wasiSuccess }),
		wasi("environ_sizes_get", "ii", wasiNothing),
		wasi("clock_res_get", "ii", wasiClockResolution),
		wasi("clock_time_get", "iIi", wasiClockTime),
		wasi("fd_write", "iiii", wasiWrite),
		wasi("fd_read", "iiii", wasiRead),
		wasi("fd_fdstat_get", "ii", wasiDescribe),
		wasi("fd_seek", "iIii", wasiStream),
		wasi("fd_tell", "ii", wasiStream),
		wasi("fd_close", "i", wasiStandard),
		wasi("fd_fdstat_set_flags", "ii", wasiStandard),
		wasi("fd_sync", "i", wasiStandard),
		wasi("fd_datasync", "i", wasiStandard),
		wasi("poll_oneoff", "iiii", wasiPoll),
		wasi("random_get", "ii", wasiRandom),
		wasi("sched_yield", "", func(*Call, memoryView, []uint64) uint64 { return wasiSuccess }),
		{Module: wasiModule, Name: "proc_exit", Params: []ValueType{I32}, Run: func(_ *Call, s []uint64) {
			panic(exit(uint32(s[0])))
		}},
	}
	for name, params := range map[string]string{
		"fd_advise": "iIIi", "fd_allocate": "iII", "fd_fdstat_set_rights": "iII", "fd_filestat_get": "ii",
		"fd_filestat_set_size": "iI", "fd_filestat_set_times": "iIIi", "fd_pread": "iiiIi", "fd_prestat_get": "ii",
		"fd_prestat_dir_name": "iii", "fd_pwrite": "iiiIi", "fd_readdir": "iiiIi", "fd_renumber": "ii",
	} {
		functions = append(functions, wasi(name, params, func(*Call, memoryView, []uint64) uint64 { return wasiBadF }))
	}
	for name, params := range map[string]string{
		"path_create_directory": "iii", "path_filestat_get": "iiiii", "path_filestat_set_times": "iiiiIIi",
		"path_link": "iiiiiii", "path_open": "iiiiiIIii", "path_readlink": "iiiiii", "path_remove_directory": "iii",
		"path_rename": "iiiiii", "path_symlink": "iiiii", "path_unlink_file": "iii", "proc_raise": "i",
		"sock_accept": "iii", "sock_recv": "iiiiii", "sock_send": "iiiii", "sock_shutdown": "ii",
	} {
		functions = append(functions, wasi(name, params, func(*Call, memoryView, []uint64) uint64 { return wasiNoSys }))
	}
	return functions
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

func wasiClockResolution(_ *Call, m memoryView, s []uint64) uint64 {
	if s[0] > 1 {
		return wasiInval
	}
	return errno(m.put64(s[1], uint64(time.Microsecond)))
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

// maxVectors is how many vectors one write can have, as on Linux.
const maxVectors = 1024

// wasiWrite serves the standard output and error.
func wasiWrite(c *Call, m memoryView, s []uint64) uint64 {
	c.spoil("it writes to its standard output or error")
	out := c.request.Stdout
	switch s[0] {
	case 1:
	case 2:
		out = c.request.Stderr
	default:
		return wasiBadF
	}
	if s[2] > maxVectors {
		return wasiInval
	}
	c.Check()
	written := uint32(0)
	for i := range s[2] {
		vector, ok := m.slice(s[1]+8*i, 8)
		if !ok {
			return wasiFault
		}
		data, ok := m.slice(uint64(binary.LittleEndian.Uint32(vector)), uint64(binary.LittleEndian.Uint32(vector[4:])))
		if !ok {
			return wasiFault
		}
		n, err := out.Write(data)
		written += uint32(n)
		if err != nil {
			return wasiBadF
		}
	}
	return errno(m.put32(s[3], written))
}

// wasiRead tells that the standard input is at its end.
func wasiRead(_ *Call, m memoryView, s []uint64) uint64 {
	if s[0] != 0 {
		return wasiBadF
	}
	return errno(m.put32(s[3], 0))
}

// wasiDescribe tells that the standard streams are character devices.
func wasiDescribe(_ *Call, m memoryView, s []uint64) uint64 {
	if s[0] > 2 {
		return wasiBadF
	}
	stat, ok := m.slice(s[1], 24)
	if !ok {
		return wasiFault
	}
	clear(stat)
	const characterDevice, rightRead, rightWrite = 2, 1 << 1, 1 << 6
	stat[0] = characterDevice
	right := uint64(rightWrite)
	if s[0] == 0 {
		right = rightRead
	}
	binary.LittleEndian.PutUint64(stat[8:], right)
	return wasiSuccess
}

func wasiStream(_ *Call, _ memoryView, s []uint64) uint64 {
	if s[0] > 2 {
		return wasiBadF
	}
	return wasiSPipe
}

func wasiStandard(_ *Call, _ memoryView, s []uint64) uint64 {
	if s[0] > 2 {
		return wasiBadF
	}
	return wasiSuccess
}

func wasiRandom(c *Call, m memoryView, s []uint64) uint64 {
	data, ok := m.slice(s[0], s[1])
	if !ok {
		return wasiFault
	}
	c.Check()
	if _, err := c.request.Random.Read(data); err != nil {
		c.Stop(&Fault{Fault: host.FaultHost, Message: "read random bytes: " + err.Error()})
	}
	return wasiSuccess
}

// The layout of poll_oneoff's subscriptions and events.
const (
	subscriptionBytes = 48
	eventBytes        = 32
	maxSubscriptions  = 1024
	eventClock        = 0
)

// wasiPoll serves subscriptions to a clock: it sleeps for the shortest and
// tells of that one. Standard streams are ready at once.
func wasiPoll(c *Call, m memoryView, s []uint64) uint64 {
	in, out, n := s[0], s[1], s[2]
	if n == 0 || n > maxSubscriptions {
		return wasiInval
	}
	subscriptions, ok := m.slice(in, n*subscriptionBytes)
	if !ok {
		return wasiFault
	}
	first, shortest := subscriptions[:subscriptionBytes], time.Duration(1<<63-1)
	for i := range n {
		sub := subscriptions[i*subscriptionBytes:][:subscriptionBytes]
		if wait := c.waitOf(sub); wait < shortest {
			first, shortest = sub, wait
		}
	}
	event := make([]byte, eventBytes)
	copy(event, first[:8]) // user data
	event[10] = first[8]   // type
	if shortest > 0 {
		c.spoil("it sleeps")
		c.request.Clock.Sleep(c, shortest)
	}
	events, ok := m.slice(out, eventBytes)
	if !ok {
		return wasiFault
	}
	copy(events, event)
	return errno(m.put32(s[3], 1))
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
