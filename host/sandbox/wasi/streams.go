package wasi

import "encoding/binary"

// isStream reports whether a descriptor is open: a standard stream.
func isStream(fd uint64) bool { return fd <= 2 }

// onStream is a function whose first parameter is a descriptor, for a guest that
// has its standard streams alone.
func onStream(name, params string, run func(Run, memory, []uint64) uint64) Function {
	return function(name, params, func(r Run, m memory, s []uint64) uint64 {
		if !isStream(s[0]) {
			return errBadF
		}
		return run(r, m, s)
	})
}

// answer makes a function that only returns a code.
func answer(code uint64) func(Run, memory, []uint64) uint64 {
	return func(Run, memory, []uint64) uint64 { return code }
}

// streams are the functions of descriptors. Closing a stream does nothing.
func streams() []Function {
	return []Function{
		function("fd_write", "iiii", write),
		function("fd_read", "iiii", read),
		function("fd_fdstat_get", "ii", describe),
		function("fd_fdstat_set_flags", "ii", setFlags),
		function("fd_fdstat_set_rights", "iII", answer(errNoSys)),
		function("fd_filestat_get", "ii", stat),
		function("fd_readdir", "iiiIi", func(_ Run, _ memory, s []uint64) uint64 {
			if s[2] < direntBytes {
				return errInval
			}
			return errBadF
		}),
		function("fd_prestat_get", "ii", answer(errBadF)),
		function("fd_prestat_dir_name", "iii", answer(errBadF)),
	}
}

// openStreams are the functions that only work on an open descriptor.
func openStreams() []Function {
	return []Function{
		onStream("fd_seek", "iIii", answer(errSPipe)),
		onStream("fd_tell", "ii", answer(errSPipe)),
		onStream("fd_close", "i", answer(success)),
		onStream("fd_sync", "i", answer(success)),
		onStream("fd_datasync", "i", answer(success)),
		onStream("fd_renumber", "ii", func(_ Run, _ memory, s []uint64) uint64 {
			if int32(s[1]) < 0 {
				return errBadF
			}
			return errNotSup
		}),
		onStream("fd_advise", "iIIi", func(_ Run, _ memory, s []uint64) uint64 {
			if s[3] > 5 { // the last one defined
				return errInval
			}
			return success
		}),
		onStream("fd_allocate", "iII", func(_ Run, _ memory, s []uint64) uint64 {
			switch end := int64(s[1] + s[2]); {
			case end < 0:
				return errInval
			case end > 0:
				return errNoSys
			}
			return success
		}),
		onStream("fd_filestat_set_size", "iI", answer(errNoSys)),
		onStream("fd_filestat_set_times", "iIIi", answer(errNoSys)),
		onStream("fd_pread", "iiiIi", func(_ Run, m memory, s []uint64) uint64 { return noBytes(m, s[1], s[2], s[4]) }),
		onStream("fd_pwrite", "iiiIi", func(_ Run, m memory, s []uint64) uint64 { return noBytes(m, s[1], s[2], s[4]) }),
	}
}

// direntBytes is the header of one entry of a folder.
const direntBytes = 24

// paths are the functions of paths: no descriptor is a folder.
func paths() (functions []Function) {
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
		functions = append(functions, function(f.name, f.params, func(_ Run, m memory, s []uint64) uint64 {
			switch {
			case f.name == "path_readlink" && (s[2] == 0 || s[4] == 0), f.name == "path_filestat_set_times" && s[6] > 15:
				return errInval
			case f.fd == 0 && !m.holds(s[f.path], s[f.length]):
				return errFault
			case isStream(s[f.fd]):
				return errNotDir
			}
			return errBadF
		}))
	}
	return functions
}

// sockets are the functions of sockets: no descriptor is one.
func sockets() []Function {
	return []Function{
		function("sock_accept", "iii", answer(errBadF)),
		function("sock_recv", "iiiiii", answer(errBadF)),
		function("sock_send", "iiiii", func(_ Run, _ memory, s []uint64) uint64 {
			if s[3] != 0 { // no flags are defined
				return errNotSup
			}
			return errBadF
		}),
		function("sock_shutdown", "ii", answer(errBadF)),
	}
}

// maxVectors is how many vectors one call can have, as on Linux.
const maxVectors = 1024

// eachVector calls use with the bytes of each vector until an error.
func eachVector(m memory, at, n uint64, use func([]byte) uint64) uint64 {
	if n > maxVectors {
		return errInval
	}
	if !m.holds(at, 8*n) {
		return errFault
	}
	for i := range n {
		vector, ok := m.slice(at+8*i, 8)
		if !ok {
			return errFault
		}
		data, ok := m.slice(uint64(binary.LittleEndian.Uint32(vector)), uint64(binary.LittleEndian.Uint32(vector[4:])))
		if !ok {
			return errFault
		}
		if code := use(data); code != success {
			return code
		}
	}
	return success
}

// noBytes is the result of reading or writing where that is not possible.
func noBytes(m memory, vectors, n, result uint64) uint64 {
	if code := eachVector(m, vectors, n, func([]byte) uint64 { return errBadF }); code != success {
		return code
	}
	return errno(m.put32(result, 0))
}

// writeUnits is the fuel for a vector that is written, besides a unit for each byte.
const writeUnits = 200

// write serves the standard output and error.
func write(r Run, m memory, s []uint64) uint64 {
	r.Taint("it writes to its standard output or error")
	out, stderr := r.Output()
	switch s[0] {
	case 0:
		return noBytes(m, s[1], s[2], s[3])
	case 1:
	case 2:
		out = stderr
	default:
		return errBadF
	}
	r.Check()
	written := uint32(0)
	code := eachVector(m, s[1], s[2], func(data []byte) uint64 {
		r.Burn(writeUnits + int64(len(data)))
		n, err := out.Write(data)
		written += uint32(n)
		if err != nil {
			return errBadF
		}
		return success
	})
	if code != success {
		return code
	}
	return errno(m.put32(s[3], written))
}

// read reports the end of the standard input.
func read(_ Run, m memory, s []uint64) uint64 {
	switch s[0] {
	case 0:
	case 1, 2:
		return noBytes(m, s[1], s[2], s[3])
	default:
		return errBadF
	}
	if code := eachVector(m, s[1], s[2], func([]byte) uint64 { return success }); code != success {
		return code
	}
	return errno(m.put32(s[3], 0))
}

const characterDevice = 2

// streamRights are the rights of a file in wazero, without those of fd_seek
// and fd_tell: C libraries take a descriptor without these for a terminal.
const streamRights = 1<<0 | 1<<1 | 1<<3 | 1<<4 | 1<<6 | 1<<7 | 1<<8 | 1<<21 | 1<<22 | 1<<23 | 1<<27

func describe(_ Run, m memory, s []uint64) uint64 {
	stat, ok := m.slice(s[1], 24)
	if !ok {
		return errFault
	}
	if !isStream(s[0]) {
		return errBadF
	}
	clear(stat)
	stat[0] = characterDevice
	binary.LittleEndian.PutUint64(stat[8:], streamRights)
	return success
}

// The flags of descriptors that can't be set.
const (
	flagNonblock = 4
	flagsSync    = 2 | 8 | 16
)

func setFlags(_ Run, _ memory, s []uint64) uint64 {
	switch {
	case s[1]&flagsSync != 0:
		return errInval
	case !isStream(s[0]):
		return errBadF
	case s[1]&flagNonblock != 0:
		return errNoSys
	}
	return success
}

func stat(_ Run, m memory, s []uint64) uint64 {
	stat, ok := m.slice(s[1], 64)
	if !ok {
		return errFault
	}
	if !isStream(s[0]) {
		return errBadF
	}
	clear(stat)
	stat[16], stat[24] = characterDevice, 1 // one link
	return success
}
