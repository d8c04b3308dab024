package sandbox

import "encoding/binary"

// isStream reports whether a descriptor is open: a standard stream.
func isStream(fd uint64) bool { return fd <= 2 }

// onStream is a function whose first parameter is a descriptor, for a guest that
// has its standard streams alone.
func onStream(name, params string, run func(*Call, memoryView, []uint64) uint64) Function {
	return wasi(name, params, func(c *Call, m memoryView, s []uint64) uint64 {
		if !isStream(s[0]) {
			return wasiBadF
		}
		return run(c, m, s)
	})
}

func answering(code uint64) func(*Call, memoryView, []uint64) uint64 {
	return func(*Call, memoryView, []uint64) uint64 { return code }
}

// wasiStreams are the functions of descriptors. Closing a stream does nothing.
func wasiStreams() []Function {
	return []Function{
		wasi("fd_write", "iiii", wasiWrite),
		wasi("fd_read", "iiii", wasiRead),
		wasi("fd_fdstat_get", "ii", wasiDescribe),
		wasi("fd_fdstat_set_flags", "ii", wasiSetFlags),
		wasi("fd_fdstat_set_rights", "iII", answering(wasiNoSys)),
		wasi("fd_filestat_get", "ii", wasiStat),
		wasi("fd_readdir", "iiiIi", func(_ *Call, _ memoryView, s []uint64) uint64 {
			if s[2] < direntBytes {
				return wasiInval
			}
			return wasiBadF
		}),
		onStream("fd_seek", "iIii", answering(wasiSPipe)),
		onStream("fd_tell", "ii", answering(wasiSPipe)),
		onStream("fd_close", "i", answering(wasiSuccess)),
		onStream("fd_sync", "i", answering(wasiSuccess)),
		onStream("fd_datasync", "i", answering(wasiSuccess)),
		onStream("fd_renumber", "ii", func(_ *Call, _ memoryView, s []uint64) uint64 {
			if int32(s[1]) < 0 {
				return wasiBadF
			}
			return wasiNotSup
		}),
		onStream("fd_advise", "iIIi", func(_ *Call, _ memoryView, s []uint64) uint64 {
			if s[3] > 5 { // the last that there is
				return wasiInval
			}
			return wasiSuccess
		}),
		onStream("fd_allocate", "iII", func(_ *Call, _ memoryView, s []uint64) uint64 {
			switch end := int64(s[1] + s[2]); {
			case end < 0:
				return wasiInval
			case end > 0:
				return wasiNoSys
			}
			return wasiSuccess
		}),
		onStream("fd_filestat_set_size", "iI", answering(wasiNoSys)),
		onStream("fd_filestat_set_times", "iIIi", answering(wasiNoSys)),
		onStream("fd_pread", "iiiIi", func(_ *Call, m memoryView, s []uint64) uint64 { return noBytes(m, s[1], s[2], s[4]) }),
		onStream("fd_pwrite", "iiiIi", func(_ *Call, m memoryView, s []uint64) uint64 { return noBytes(m, s[1], s[2], s[4]) }),
		wasi("fd_prestat_get", "ii", answering(wasiBadF)),
		wasi("fd_prestat_dir_name", "iii", answering(wasiBadF)),
	}
}

// direntBytes is the header of one entry of a folder.
const direntBytes = 24

// wasiPaths are the functions of paths: no descriptor is a folder.
func wasiPaths() (functions []Function) {
	for _, f := range []struct {
		name, params     string
		fd, path, length int // parameters
	}{
		{"path_create_directory", "iii", 0, 1, 2},
		{"path_filestat_get", "iiiii", 0, 2, 3},
		{"path_filestat_set_times", "iiiiIIi", 0, 2, 3},
		{"path_link", "iiiiiii", 0, 2, 3},
		{"path_open", "iiiiiIIii", 0, 2, 3},
		{"path_readlink", "iiiiii", 0, 1, 2},
		{"path_remove_directory", "iii", 0, 1, 2},
		{"path_rename", "iiiiii", 0, 1, 2},
		{"path_symlink", "iiiii", 2, 3, 4},
		{"path_unlink_file", "iii", 0, 1, 2},
	} {
		functions = append(functions, wasi(f.name, f.params, func(_ *Call, m memoryView, s []uint64) uint64 {
			switch {
			case f.name == "path_readlink" && (s[2] == 0 || s[4] == 0), f.name == "path_filestat_set_times" && s[6] > 15:
				return wasiInval
			case f.fd == 0 && !m.holds(s[f.path], s[f.length]):
				return wasiFault
			case isStream(s[f.fd]):
				return wasiNotDir
			}
			return wasiBadF
		}))
	}
	return functions
}

// wasiSockets are the functions of sockets: no descriptor is one.
func wasiSockets() []Function {
	return []Function{
		wasi("sock_accept", "iii", answering(wasiBadF)),
		wasi("sock_recv", "iiiiii", answering(wasiBadF)),
		wasi("sock_send", "iiiii", func(_ *Call, _ memoryView, s []uint64) uint64 {
			if s[3] != 0 { // flags: there are none
				return wasiNotSup
			}
			return wasiBadF
		}),
		wasi("sock_shutdown", "ii", answering(wasiBadF)),
	}
}

// maxVectors is how many vectors one call can have, as on Linux.
const maxVectors = 1024

// eachVector calls use with the bytes of each vector until an error.
func eachVector(m memoryView, at, n uint64, use func([]byte) uint64) uint64 {
	if n > maxVectors {
		return wasiInval
	}
	if !m.holds(at, 8*n) {
		return wasiFault
	}
	for i := range n {
		vector, ok := m.slice(at+8*i, 8)
		if !ok {
			return wasiFault
		}
		data, ok := m.slice(uint64(binary.LittleEndian.Uint32(vector)), uint64(binary.LittleEndian.Uint32(vector[4:])))
		if !ok {
			return wasiFault
		}
		if code := use(data); code != wasiSuccess {
			return code
		}
	}
	return wasiSuccess
}

// noBytes is what reading or writing comes to where it can't be done.
func noBytes(m memoryView, vectors, n, result uint64) uint64 {
	if code := eachVector(m, vectors, n, func([]byte) uint64 { return wasiBadF }); code != wasiSuccess {
		return code
	}
	return errno(m.put32(result, 0))
}

// wasiWrite serves the standard output and error.
func wasiWrite(c *Call, m memoryView, s []uint64) uint64 {
	c.spoil("it writes to its standard output or error")
	out := c.request.Stdout
	switch s[0] {
	case 0:
		return noBytes(m, s[1], s[2], s[3])
	case 1:
	case 2:
		out = c.request.Stderr
	default:
		return wasiBadF
	}
	c.Check()
	written := uint32(0)
	code := eachVector(m, s[1], s[2], func(data []byte) uint64 {
		n, err := out.Write(data)
		written += uint32(n)
		if err != nil {
			return wasiBadF
		}
		return wasiSuccess
	})
	if code != wasiSuccess {
		return code
	}
	return errno(m.put32(s[3], written))
}

// wasiRead tells that the standard input is at its end.
func wasiRead(_ *Call, m memoryView, s []uint64) uint64 {
	switch s[0] {
	case 0:
	case 1, 2:
		return noBytes(m, s[1], s[2], s[3])
	default:
		return wasiBadF
	}
	if code := eachVector(m, s[1], s[2], func([]byte) uint64 { return wasiSuccess }); code != wasiSuccess {
		return code
	}
	return errno(m.put32(s[3], 0))
}

const characterDevice = 2

// streamRights are those of a file, as wazero has them, without seek and tell:
// C libraries take what lacks these for a terminal.
const streamRights = 1<<0 | 1<<1 | 1<<3 | 1<<4 | 1<<6 | 1<<7 | 1<<8 | 1<<21 | 1<<22 | 1<<23 | 1<<27

func wasiDescribe(_ *Call, m memoryView, s []uint64) uint64 {
	stat, ok := m.slice(s[1], 24)
	if !ok {
		return wasiFault
	}
	if !isStream(s[0]) {
		return wasiBadF
	}
	clear(stat)
	stat[0] = characterDevice
	binary.LittleEndian.PutUint64(stat[8:], streamRights)
	return wasiSuccess
}

// The flags of descriptors that can't be set.
const (
	flagNonblock = 4
	flagsSync    = 2 | 8 | 16
)

func wasiSetFlags(_ *Call, _ memoryView, s []uint64) uint64 {
	switch {
	case s[1]&flagsSync != 0:
		return wasiInval
	case !isStream(s[0]):
		return wasiBadF
	case s[1]&flagNonblock != 0:
		return wasiNoSys
	}
	return wasiSuccess
}

func wasiStat(_ *Call, m memoryView, s []uint64) uint64 {
	stat, ok := m.slice(s[1], 64)
	if !ok {
		return wasiFault
	}
	if !isStream(s[0]) {
		return wasiBadF
	}
	clear(stat)
	stat[16], stat[24] = characterDevice, 1 // one link
	return wasiSuccess
}
