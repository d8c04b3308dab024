// Package powerloss is a file system for tests that loses on command what was
// not synced, as a machine does that loses its power: see [Disk]. On Linux
// [Mount] serves it through FUSE.
package powerloss

import (
	"maps"
	"slices"
	"sync"
	"syscall"
)

// A Disk is the tree of files, and knows of each change whether it is durable.
// It keeps the strict reading of POSIX:
//
//   - What is written to a file, and its size, is durable after an fsync or
//     fdatasync of that file.
//   - A name in a directory (made, linked, renamed, removed) is durable after an
//     fsync of that directory, and of each directory above it that is new. That a
//     file was synced is not enough; ext4 and XFS would keep the name too.
//   - Modes are durable at once, sizes never without the file's content.
//
// What is not durable when the power fails is lost, kept or kept in part, in
// any order: [Disk.Survivors]. All methods are safe for concurrent use.
type Disk struct {
	mu      sync.Mutex // guards all below and every file
	root    *file
	files   uint64    // made so far; the next one's number
	clock   uint64    // operations so far
	changes []*change // to directories that are not durable, oldest first
	cut     func(Op) bool
	dead    chan struct{} // closed when the power fails
	failed  bool
}

// file is a regular file or a directory.
type file struct {
	id      uint64
	mode    uint32 // permissions only
	links   uint32
	live    []byte
	durable []byte
	writes  []write // that are not durable, oldest first

	names        map[string]*file // of a directory; nil: a regular file
	durableNames map[string]*file
}

// write puts data at off, or cuts the file to off bytes.
type write struct {
	at       uint64
	off      int64
	data     []byte
	truncate bool
}

// change sets names of directories, all of them or none.
type change struct {
	at    uint64
	names []name
}

// name is a file's name in a directory; no file: it is removed.
type name struct {
	in   *file
	name string
	file *file
}

// Kind is what an operation does.
type Kind string

// The operations that change what is on the disk, or what is durable of it.
const (
	OpWrite    Kind = "write"
	OpTruncate Kind = "truncate"
	OpSync     Kind = "sync" // of a file or of a directory
	OpName     Kind = "name" // a name is made, linked, renamed or removed
)

// Op is an operation on the file of that name, or on the name itself.
type Op struct {
	Kind Kind
	Name string
}

// NewDisk returns an empty disk.
func NewDisk() *Disk {
	d := &Disk{dead: make(chan struct{})}
	d.root = d.newFile(0o755, true)
	return d
}

func (d *Disk) newFile(mode uint32, directory bool) *file {
	d.files++
	f := &file{id: d.files, mode: mode}
	if directory {
		f.names, f.durableNames = map[string]*file{}, map[string]*file{}
	}
	return f
}

// CutWhen makes the power fail at the first operation for which at is true: a
// write has reached the disk then, though no one waits for it, a sync has not.
// It is called for one operation at a time, and must not call the disk.
func (d *Disk) CutWhen(at func(Op) bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cut = at
}

// Cut makes the power fail now: every later operation fails, and changes
// nothing.
func (d *Disk) Cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fail()
}

func (d *Disk) fail() {
	if !d.failed {
		d.failed = true
		close(d.dead)
	}
}

// Dead is closed when the power has failed.
func (d *Disk) Dead() <-chan struct{} { return d.dead }

// begin numbers an operation; d.mu is held. The second result says that the
// power fails in it.
func (d *Disk) begin(o Op) (uint64, bool, syscall.Errno) {
	if d.failed {
		return 0, true, syscall.EIO
	}
	d.clock++
	if d.cut != nil && d.cut(o) {
		d.fail()
		return d.clock, true, syscall.EIO
	}
	return d.clock, false, 0
}

// read copies the file's content from off.
func (d *Disk) read(f *file, dest []byte, off int64) (int, syscall.Errno) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.failed:
		return 0, syscall.EIO
	case off >= int64(len(f.live)):
		return 0, 0
	}
	return copy(dest, f.live[off:]), 0
}

func (d *Disk) write(f *file, called string, data []byte, off int64) syscall.Errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	at, _, errno := d.begin(Op{OpWrite, called})
	if at > 0 {
		w := write{at: at, off: off, data: slices.Clone(data)}
		f.live = w.on(f.live)
		f.writes = append(f.writes, w)
	}
	return errno
}

func (d *Disk) truncate(f *file, called string, size int64) syscall.Errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	at, _, errno := d.begin(Op{OpTruncate, called})
	if at > 0 {
		w := write{at: at, off: size, truncate: true}
		f.live = w.on(f.live)
		f.writes = append(f.writes, w)
	}
	return errno
}

// on returns content with the write done.
func (w write) on(content []byte) []byte {
	end := w.off + int64(len(w.data))
	if grow := end - int64(len(content)); grow > 0 {
		content = append(content, make([]byte, grow)...)
	}
	if w.truncate {
		return content[:w.off]
	}
	copy(content[w.off:], w.data)
	return content
}

// sync makes a file's content or a directory's names durable.
func (d *Disk) sync(f *file, called string) syscall.Errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, failed, errno := d.begin(Op{OpSync, called}); failed {
		return errno
	}
	for _, w := range f.writes {
		f.durable = w.on(f.durable)
	}
	f.writes = nil
	d.changes = slices.DeleteFunc(d.changes, func(c *change) bool {
		if f.names == nil || !slices.ContainsFunc(c.names, func(n name) bool { return n.in == f }) {
			return false
		}
		c.makeDurable()
		return true
	})
	return 0
}

func (c *change) makeDurable() {
	for _, n := range c.names {
		n.set(n.in.durableNames)
	}
}

func (n name) set(names map[string]*file) {
	if n.file == nil {
		delete(names, n.name)
		return
	}
	names[n.name] = n.file
}

// rename changes names that are not durable yet.
func (d *Disk) rename(names ...name) syscall.Errno {
	at, _, errno := d.begin(Op{OpName, names[len(names)-1].name})
	if at == 0 {
		return errno
	}
	for _, n := range names {
		if old := n.in.names[n.name]; old != nil {
			old.links--
		}
		if n.file != nil {
			n.file.links++
		}
		n.set(n.in.names)
	}
	d.changes = append(d.changes, &change{at: at, names: names})
	return errno
}

// make makes a file or a directory in a directory.
func (d *Disk) make(in *file, called string, mode uint32, directory bool) (*file, syscall.Errno) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if in.names[called] != nil {
		return nil, syscall.EEXIST
	}
	f := d.newFile(mode, directory)
	return f, d.rename(name{in, called, f})
}

func (d *Disk) link(f, in *file, called string) syscall.Errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	if in.names[called] != nil {
		return syscall.EEXIST
	}
	return d.rename(name{in, called, f})
}

func (d *Disk) remove(in *file, called string) syscall.Errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := in.names[called]
	switch {
	case f == nil:
		return syscall.ENOENT
	case len(f.names) > 0:
		return syscall.ENOTEMPTY
	}
	return d.rename(name{in, called, nil})
}

func (d *Disk) move(from *file, old string, to *file, called string) syscall.Errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := from.names[old]
	switch {
	case f == nil:
		return syscall.ENOENT
	case to.names[called] == f:
		return 0
	}
	return d.rename(name{from, old, nil}, name{to, called, f})
}

// lookup returns what a directory has under a name.
func (d *Disk) lookup(in *file, called string) (*file, syscall.Errno) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch f := in.names[called]; {
	case d.failed:
		return nil, syscall.EIO
	case f == nil:
		return nil, syscall.ENOENT
	default:
		return f, 0
	}
}

// list returns a copy of a directory's names.
func (d *Disk) list(in *file) (map[string]*file, syscall.Errno) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failed {
		return nil, syscall.EIO
	}
	return maps.Clone(in.names), 0
}
