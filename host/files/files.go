// Package files reads and writes folders that may come from other people: only
// regular files inside of the folder, up to a size, never through a link that
// leads out, and YAML of a bounded size. It knows nothing of what the files mean.
package files

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/usherhost/usher/host"
)

// The largest files that are read.
const (
	MaxText   = 16 << 20 // that people write
	MaxModule = 64 << 20 // modules, and code that a program wrote
)

// Folder is a folder, held open. All names are slash-separated paths from it,
// and none leads out of it, also not by way of a link. It must be closed.
type Folder struct {
	dir  string
	root *os.Root
}

// Open opens a folder. It may itself be reached through links.
func Open(dir string) (*Folder, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the folder: %w", err)
	}
	return &Folder{dir: dir, root: root}, nil
}

// Close closes the folder.
func (f *Folder) Close() error { return f.root.Close() }

// Read returns a regular file of up to most bytes. Its error is
// [fs.ErrNotExist] when there is no file, and an Invalid [host.Error] when the path
// leads out of the folder or to something else than a regular file, or when the
// file is too large. A pipe or a device is never opened.
func (f *Folder) Read(name string, most int64) ([]byte, error) {
	if err := f.Check(name); err != nil {
		return nil, err
	}
	shown := filepath.Join(f.dir, filepath.FromSlash(name))
	file, err := f.root.OpenFile(filepath.FromSlash(name), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, f.explain(name, shown, err)
	}
	return readAll(file, shown, most)
}

// Check reports whether there is a regular file at name inside of the folder,
// without reading it. Its errors are those of [Folder.Read].
func (f *Folder) Check(name string) error {
	shown := filepath.Join(f.dir, filepath.FromSlash(name))
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return refuse(shown, "is outside of "+f.dir)
	}
	info, err := f.root.Stat(filepath.FromSlash(name))
	if err != nil {
		return f.explain(name, shown, err)
	}
	if !info.Mode().IsRegular() {
		return refuse(shown, "is not a regular file")
	}
	return nil
}

// explain returns the error for a link that leads out of the folder, which os.Root
// does not distinguish from other failures.
func (f *Folder) explain(name, shown string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for at := path.Clean(name); at != "." && at != "/"; at = path.Dir(at) {
		if info, e := f.root.Lstat(filepath.FromSlash(at)); e == nil && info.Mode()&fs.ModeSymlink != 0 {
			return refuse(shown, "is a link that leads out of "+f.dir+", or to nothing")
		}
	}
	return fmt.Errorf("read %s: %w", shown, err)
}

// Read returns the regular file at path, of up to most bytes, as [Folder.Read]
// does; the path may lead anywhere.
func Read(path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, refuse(path, "is a folder")
	}
	if !info.Mode().IsRegular() {
		return nil, refuse(path, "is not a regular file")
	}
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	return readAll(file, path, most)
}

// readAll reads and closes a file, and checks again that it is a regular one: it
// may have been replaced.
func readAll(file *os.File, shown string, most int64) ([]byte, error) {
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, fmt.Errorf("look at %s: %w", shown, err)
	case !info.Mode().IsRegular():
		return nil, refuse(shown, "is not a regular file")
	case info.Size() > most:
		return nil, tooLarge(shown, most)
	}
	data, err := io.ReadAll(io.LimitReader(file, most+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", shown, err)
	}
	if int64(len(data)) > most {
		return nil, tooLarge(shown, most)
	}
	return data, nil
}

// Names returns the names of the files in dir that end with suffix, sorted, at
// most most of them: more are an Invalid [host.Error]. A missing dir has none.
func (f *Folder) Names(dir, suffix string, most int) ([]string, error) {
	entries, err := f.entries(dir)
	var names []string
	for _, e := range entries {
		if !e.IsDir() && strings.HasSuffix(e.Name(), suffix) {
			names = append(names, e.Name())
		}
	}
	return f.listed(dir, names, most, err)
}

// Folders returns the names of the folders in dir, sorted, as Names does. A link
// among them is an Invalid [host.Error].
func (f *Folder) Folders(dir string, most int) ([]string, error) {
	entries, err := f.entries(dir)
	var names []string
	for _, e := range entries {
		if e.Type()&fs.ModeSymlink != 0 {
			return nil, isLink(filepath.Join(f.dir, dir, e.Name()))
		}
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return f.listed(dir, names, most, err)
}

// entries reads dir, which must be no link. Without it there are none.
func (f *Folder) entries(dir string) ([]fs.DirEntry, error) {
	if info, err := f.root.Lstat(dir); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return nil, isLink(filepath.Join(f.dir, dir))
	}
	folder, err := f.root.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", filepath.Join(f.dir, dir), err)
	}
	defer func() { _ = folder.Close() }()
	entries, err := folder.ReadDir(-1)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", filepath.Join(f.dir, dir), err)
	}
	return entries, nil
}

func (f *Folder) listed(dir string, names []string, most int, err error) ([]string, error) {
	if err == nil && len(names) > most {
		err = refuse(filepath.Join(f.dir, dir), fmt.Sprintf("has %d entries, and may have %d", len(names), most))
	}
	slices.Sort(names)
	return names, err
}

func isLink(path string) error { return refuse(path, "is a link; a folder is expected") }

// Write puts data at name, unless it is there already. What is there is
// replaced, not written to: a link or a second name of a file elsewhere stays
// what it is. The folder of the file is created if it is missing, and must not be a
// link.
func (f *Folder) Write(name string, data []byte) error {
	shown, local := filepath.Join(f.dir, filepath.FromSlash(name)), filepath.FromSlash(name)
	if !filepath.IsLocal(local) {
		return refuse(shown, "is outside of "+f.dir)
	}
	if err := f.mkdir(path.Dir(name)); err != nil {
		return err
	}
	info, err := f.root.Lstat(local)
	switch {
	case err == nil && info.IsDir():
		return refuse(shown, "is a folder")
	case err == nil && info.Mode().IsRegular() && info.Size() == int64(len(data)):
		if old, err := f.Read(name, int64(len(data))); err == nil && bytes.Equal(old, data) {
			return nil
		}
	}
	temporary := filepath.Join(filepath.Dir(local), ".usher-"+rand.Text())
	if err := f.root.WriteFile(temporary, data, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", shown, err)
	}
	if err := f.root.Rename(temporary, local); err != nil {
		_ = f.root.Remove(temporary)
		return fmt.Errorf("write %s: %w", shown, err)
	}
	return nil
}

// mkdir makes a folder and those that it is in, and refuses links.
func (f *Folder) mkdir(dir string) error {
	if dir == "." {
		return nil
	}
	if err := f.mkdir(path.Dir(dir)); err != nil {
		return err
	}
	info, err := f.root.Lstat(filepath.FromSlash(dir))
	if errors.Is(err, fs.ErrNotExist) {
		err = f.root.Mkdir(filepath.FromSlash(dir), 0o755)
		if err == nil {
			return nil
		}
	}
	shown := filepath.Join(f.dir, filepath.FromSlash(dir))
	switch {
	case err != nil:
		return fmt.Errorf("make %s: %w", shown, err)
	case info.Mode()&fs.ModeSymlink != 0:
		return refuse(shown, "is a link; nothing is written through links")
	case !info.IsDir():
		return refuse(shown, "is not a folder")
	}
	return nil
}

func refuse(path, why string) error {
	return &host.Error{Code: host.Invalid, Text: path + " " + why, Hint: "inspect the folder if it comes from another person"}
}

func tooLarge(path string, most int64) error {
	return &host.Error{Code: host.Invalid, Text: fmt.Sprintf("%s has more than %d bytes", path, most), Hint: "make it smaller"}
}
