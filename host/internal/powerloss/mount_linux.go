package powerloss

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// ErrNoFUSE is returned where this machine, or this user, can't mount a file system.
var ErrNoFUSE = errors.New("no file system can be mounted through FUSE")

// Mount serves the disk in the directory dir, until the returned function is
// called: when no process has a file of it open any more.
func Mount(d *Disk, dir string) (unmount func() error, err error) {
	if _, err := os.Stat("/dev/fuse"); err != nil {
		return nil, errors.Join(ErrNoFUSE, err)
	}
	long := time.Hour // only this kernel changes it, and knows its own changes
	server, err := fs.Mount(dir, &node{disk: d, file: d.root}, &fs.Options{
		EntryTimeout: &long, AttrTimeout: &long,
		MountOptions: fuse.MountOptions{FsName: "powerloss", Name: "powerloss", DirectMount: true, DisableXAttrs: true, MaxWrite: 1 << 20},
	})
	if err != nil {
		return nil, errors.Join(ErrNoFUSE, fmt.Errorf("mount %s: %w", dir, err))
	}
	return server.Unmount, nil
}

// node is a file as FUSE sees it. Locks stay with the kernel; what a process
// writes through a mapping comes as writes, when the kernel likes.
type node struct {
	fs.Inode
	disk *Disk
	file *file
	name string // the first one
}

func (n *node) child(ctx context.Context, f *file, called string, out *fuse.EntryOut) *fs.Inode {
	mode := uint32(syscall.S_IFREG)
	if f.names != nil {
		mode = syscall.S_IFDIR
	}
	n.disk.attributes(f, &out.Attr)
	return n.NewInode(ctx, &node{disk: n.disk, file: f, name: called}, fs.StableAttr{Mode: mode, Ino: f.id + 1})
}

func (d *Disk) attributes(f *file, out *fuse.Attr) {
	d.mu.Lock()
	defer d.mu.Unlock()
	out.Ino, out.Size, out.Mode, out.Nlink, out.Blksize = f.id+1, uint64(len(f.live)), f.mode, f.links, 4096
	out.Blocks = (out.Size + sectorBytes - 1) / sectorBytes
	out.Uid, out.Gid = uint32(os.Getuid()), uint32(os.Getgid())
	if f.names != nil {
		out.Mode |= syscall.S_IFDIR
		return
	}
	out.Mode |= syscall.S_IFREG
}

func (n *node) Lookup(ctx context.Context, called string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	f, errno := n.disk.lookup(n.file, called)
	if errno != 0 {
		return nil, errno
	}
	return n.child(ctx, f, called, out), 0
}

func (n *node) Readdir(context.Context) (fs.DirStream, syscall.Errno) {
	names, errno := n.disk.list(n.file)
	if errno != 0 {
		return nil, errno
	}
	var entries []fuse.DirEntry
	for _, called := range slices.Sorted(maps.Keys(names)) {
		mode := uint32(syscall.S_IFREG)
		if names[called].names != nil {
			mode = syscall.S_IFDIR
		}
		entries = append(entries, fuse.DirEntry{Name: called, Mode: mode, Ino: names[called].id + 1})
	}
	return fs.NewListDirStream(entries), 0
}

func (n *node) Create(ctx context.Context, called string, _, mode uint32, out *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	f, errno := n.disk.make(n.file, called, mode&0o777, false)
	if errno != 0 {
		return nil, nil, 0, errno
	}
	return n.child(ctx, f, called, out), nil, fuse.FOPEN_KEEP_CACHE, 0
}

func (n *node) Mkdir(ctx context.Context, called string, mode uint32, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	f, errno := n.disk.make(n.file, called, mode&0o777, true)
	if errno != 0 {
		return nil, errno
	}
	return n.child(ctx, f, called, out), 0
}

func (n *node) Link(ctx context.Context, target fs.InodeEmbedder, called string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	f := target.EmbeddedInode().Operations().(*node).file
	if errno := n.disk.link(f, n.file, called); errno != 0 {
		return nil, errno
	}
	return n.child(ctx, f, called, out), 0
}

func (n *node) Unlink(_ context.Context, called string) syscall.Errno {
	return n.disk.remove(n.file, called)
}

func (n *node) Rmdir(_ context.Context, called string) syscall.Errno {
	return n.disk.remove(n.file, called)
}

func (n *node) Rename(_ context.Context, old string, to fs.InodeEmbedder, called string, flags uint32) syscall.Errno {
	if flags != 0 {
		return syscall.EINVAL // the caller falls back to a link
	}
	return n.disk.move(n.file, old, to.EmbeddedInode().Operations().(*node).file, called)
}

func (n *node) Open(context.Context, uint32) (fs.FileHandle, uint32, syscall.Errno) {
	return nil, fuse.FOPEN_KEEP_CACHE, 0
}

func (n *node) Read(_ context.Context, _ fs.FileHandle, dest []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	count, errno := n.disk.read(n.file, dest, off)
	return fuse.ReadResultData(dest[:count]), errno
}

func (n *node) Write(_ context.Context, _ fs.FileHandle, data []byte, off int64) (uint32, syscall.Errno) {
	if errno := n.disk.write(n.file, n.name, data, off); errno != 0 {
		return 0, errno
	}
	return uint32(len(data)), 0
}

func (n *node) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno {
	return n.disk.sync(n.file, n.name)
}

func (n *node) Flush(context.Context, fs.FileHandle) syscall.Errno { return 0 }

func (n *node) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	n.disk.attributes(n.file, &out.Attr)
	return 0
}

func (n *node) Setattr(_ context.Context, _ fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	if size, ok := in.GetSize(); ok {
		if errno := n.disk.truncate(n.file, n.name, int64(size)); errno != 0 {
			return errno
		}
	}
	if mode, ok := in.GetMode(); ok {
		n.disk.mu.Lock()
		n.file.mode = mode & 0o777
		n.disk.mu.Unlock()
	}
	n.disk.attributes(n.file, &out.Attr)
	return 0
}

func (n *node) Statfs(_ context.Context, out *fuse.StatfsOut) syscall.Errno {
	out.Bsize, out.Frsize, out.Blocks, out.Bfree, out.Bavail = 4096, 4096, 1<<24, 1<<24, 1<<24
	return 0
}
