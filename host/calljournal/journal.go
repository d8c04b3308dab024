// Package calljournal keeps in files what attempts have done so far, for the process
// after one that ended without stopping. What a part of an attempt says and how it is
// encrypted is its caller's business.
//
// Each attempt that runs has a file of its own, in which its parts follow each other.
// Written data outlives the process without waiting for the disk; what must outlive the
// machine's power waits for it. The file of an attempt whose result is stored is used
// again by another one: so a run makes and deletes no file.
package calljournal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/usherhost/usher/host"
)

// DirName is the folder in the data directory.
const DirName = "usher.calls"

const (
	magic      = "usher calls 1\n"
	maxName    = 255
	maxUnused  = 1 << 20 // bytes of a file that another attempt may use as it is
	maxFile    = 1 << 30
	lengthSize = 4
)

// Journal is the folder of one process. It is safe for concurrent use.
type Journal struct {
	dir        string
	generation int // of the process, by which its files differ from those of former ones

	mu    sync.Mutex
	used  map[string]*file    // guarded by mu: of this process, by attempt
	free  []*file             // guarded by mu
	files int                 // guarded by mu: that this process has made
	left  map[string][]string // guarded by mu: names of files of former processes, by attempt, the oldest first
}

// file is one file of this process. Its fields belong to the attempt that uses it.
type file struct {
	path string
	size int64 // of what the attempt has written
	most int64 // that any attempt wrote
}

// Open opens the folder and makes it if it is not there. Files that no attempt can
// resume from any more are deleted. Only one process may have the folder open.
func Open(dir string) (*Journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open the journal of calls: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("open the journal of calls: %w", err)
	}
	j := &Journal{dir: dir, used: map[string]*file{}, left: map[string][]string{}}
	for _, e := range entries { // in the order of their names: the oldest first
		var generation, number int
		if n, err := fmt.Sscanf(e.Name(), "%08d-%d", &generation, &number); n != 2 || err != nil {
			continue // not ours
		}
		j.generation = max(j.generation, generation)
		attempt, err := j.attemptOf(e)
		if err != nil {
			_ = os.Remove(filepath.Join(dir, e.Name())) // it is looked at again by the next process
			continue
		}
		j.left[attempt] = append(j.left[attempt], e.Name())
	}
	j.generation++
	return j, nil
}

var errUnused = errors.New("no attempt resumes from it")

// attemptOf returns whose file it is; an error when nothing can resume from it.
func (j *Journal) attemptOf(e fs.DirEntry) (string, error) {
	info, err := e.Info()
	if err != nil {
		return "", err
	}
	if time.Since(info.ModTime()) > host.MaxResumeAge || !info.Mode().IsRegular() {
		return "", errUnused
	}
	f, err := os.Open(filepath.Join(j.dir, e.Name()))
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	head := make([]byte, len(magic)+1+maxName)
	n, err := f.ReadAt(head, 0)
	if n == 0 {
		return "", err
	}
	name, _, ok := header(head[:n])
	if !ok {
		return "", errUnused
	}
	return name, nil
}

// header returns the attempt that a file begins with, and what follows.
func header(data []byte) (attempt string, rest []byte, ok bool) {
	rest, ok = bytes.CutPrefix(data, []byte(magic))
	if !ok || len(rest) == 0 || len(rest) <= int(rest[0]) {
		return "", nil, false
	}
	n := int(rest[0])
	return string(rest[1 : 1+n]), rest[1+n:], n > 0
}

// Append adds a part to what is kept of an attempt. With durable it returns when the
// disk has it.
func (j *Journal) Append(attempt string, part []byte, durable bool) error {
	if len(attempt) == 0 || len(attempt) > maxName {
		return fmt.Errorf("append to the journal of calls: %q is no name of an attempt", attempt)
	}
	f := j.fileOf(attempt)
	var b []byte
	if f.size == 0 {
		b = append(append(append(b, magic...), byte(len(attempt))), attempt...)
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(part)))
	b = append(b, part...)
	if f.size+int64(len(b)) > maxFile {
		return fmt.Errorf("append to the journal of calls: attempt %s has more than %d bytes", attempt, maxFile)
	}
	if err := f.write(append(b, make([]byte, lengthSize)...), durable); err != nil { // what an earlier attempt wrote there ends here
		return fmt.Errorf("append to the journal of calls: %w", err)
	}
	f.size += int64(len(b))
	f.most = max(f.most, f.size)
	return nil
}

// fileOf returns the file of an attempt.
func (j *Journal) fileOf(attempt string) *file {
	j.mu.Lock()
	defer j.mu.Unlock()
	f, found := j.used[attempt]
	if found {
		return f
	}
	if last := len(j.free) - 1; last >= 0 {
		f = j.free[last]
		j.free = j.free[:last]
	} else {
		f = &file{path: filepath.Join(j.dir, fmt.Sprintf("%08d-%d", j.generation, j.files))}
		j.files++
	}
	j.used[attempt] = f
	return f
}

// clear makes the file one that no process takes for an attempt's. If that fails, an
// attempt may find what it has on its tape too.
func (f *file) clear() {
	f.size = 0
	if file, err := os.OpenFile(f.path, os.O_WRONLY, 0o600); err == nil {
		_, _ = file.WriteAt([]byte{0}, 0)
		_ = file.Close()
	}
}

func (f *file) write(b []byte, durable bool) (err error) {
	flags := os.O_WRONLY | os.O_CREATE
	if f.size == 0 && f.most > maxUnused {
		flags |= os.O_TRUNC
		f.most = 0
	}
	file, err := os.OpenFile(f.path, flags, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if _, err := file.WriteAt(b, f.size); err != nil {
		return err
	}
	if durable {
		return file.Sync()
	}
	return nil
}

// Left returns what is kept of an attempt that does not run any more: the parts of each
// time that it ran. The last part of one may be cut.
func (j *Journal) Left(attempt string) [][][]byte {
	j.mu.Lock()
	names := slices.Clone(j.left[attempt])
	j.mu.Unlock()
	var runs [][][]byte
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(j.dir, name))
		if err != nil {
			continue // then the attempt knows less of what was done
		}
		if parts := partsOf(data, attempt); len(parts) > 0 {
			runs = append(runs, parts)
		}
	}
	return runs
}

// partsOf divides a file of an attempt into its parts.
func partsOf(data []byte, attempt string) (parts [][]byte) {
	name, rest, ok := header(data)
	if !ok || name != attempt {
		return nil
	}
	for len(rest) >= lengthSize {
		n := int(binary.LittleEndian.Uint32(rest))
		rest = rest[lengthSize:]
		if n == 0 || n > len(rest) {
			break
		}
		parts, rest = append(parts, rest[:n:n]), rest[n:]
	}
	return parts
}

// Leave says that an attempt has ended, and that later ones may resume from what is kept
// of it, as if a former process had left it.
func (j *Journal) Leave(attempt string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if f, found := j.used[attempt]; found {
		delete(j.used, attempt)
		j.left[attempt] = append(j.left[attempt], filepath.Base(f.path))
	}
}

// Forget says that nothing resumes from what is kept of an attempt any more.
func (j *Journal) Forget(attempt string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if f, found := j.used[attempt]; found {
		delete(j.used, attempt)
		f.clear()
		j.free = append(j.free, f)
	}
	for _, name := range j.left[attempt] {
		_ = os.Remove(filepath.Join(j.dir, name)) // else it goes when it is too old
	}
	delete(j.left, attempt)
}

// Close deletes the files that no attempt uses. Those of attempts that were cut off
// stay for the next process.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	var errs []error
	for _, f := range j.free {
		if err := os.Remove(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	j.free = nil
	return errors.Join(errs...)
}
