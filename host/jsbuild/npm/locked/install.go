package locked

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
)

// Installation unpacks packages into a folder, as `npm ci --ignore-scripts` does.
type Installation struct {
	Source Source
	// Keep reports which files of a package are unpacked, by their paths in it; nil
	// unpacks all.
	Keep func(p Package, file string) bool
	// Progress is called after each package, with how many are done and the bytes of
	// their tarballs; nil calls nothing. It is called by one goroutine at a time.
	Progress func(packages int, bytes int64)
	// MaxBytes and MaxFiles bound what all packages hold, left out or not; 0 are 1 GiB
	// and 100,000.
	MaxBytes int64
	MaxFiles int
}

// fetches is how many packages are fetched at a time.
const fetches = 6

// Install unpacks packages below a folder. It makes no links, and nothing outside of the
// folder. On an error, which is a [*Problem], the context's or the folder's, the folder has
// a part of them.
func (i Installation) Install(ctx context.Context, packages []Package, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("unpack packages: %w", err)
	}
	defer func() { _ = root.Close() }() // what is in it is written
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	u := &unpacker{Installation: i, root: root}
	turns := make(chan Package)
	var group sync.WaitGroup
	for range min(fetches, len(packages)) {
		group.Go(func() {
			for p := range turns {
				if err := u.install(ctx, p); err != nil {
					stop(err)
				}
			}
		})
	}
	for _, p := range packages {
		if ctx.Err() != nil {
			break
		}
		turns <- p
	}
	close(turns)
	group.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// unpacker unpacks packages, several at a time.
type unpacker struct {
	Installation
	root  *os.Root
	bytes atomic.Int64 // of files so far
	files atomic.Int64

	mu      sync.Mutex
	done    int   // guarded by mu
	fetched int64 // guarded by mu
}

func (u *unpacker) install(ctx context.Context, p Package) error {
	tarball, err := u.Source.Tarball(ctx, p)
	if err != nil {
		return err
	}
	if err := u.unpack(ctx, p, tarball); err != nil {
		if _, ours := errors.AsType[*os.PathError](err); ours || ctx.Err() != nil {
			return fmt.Errorf("unpack %s: %w", p, err)
		}
		return &Problem{Package: p, From: u.Source.Name(), Kind: Malformed, Err: err}
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.done++
	u.fetched += int64(len(tarball))
	if u.Progress != nil {
		u.Progress(u.done, u.fetched)
	}
	return nil
}

func (u *unpacker) unpack(ctx context.Context, p Package, tarball []byte) error {
	z, err := gzip.NewReader(bytes.NewReader(tarball))
	if err != nil {
		return fmt.Errorf("its tarball is not gzip: %w", err)
	}
	r := tar.NewReader(&counted{Reader: z, unpacker: u, ctx: ctx})
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read its tarball: %w", err)
		}
		if h.Typeflag == tar.TypeDir || h.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		if err := u.file(p, h, r); err != nil {
			return err
		}
	}
}

// file unpacks one file.
func (u *unpacker) file(p Package, h *tar.Header, content io.Reader) error {
	if most := cmp.Or(u.MaxFiles, 100_000); u.files.Add(1) > int64(most) {
		return fmt.Errorf("the packages have more than %d files", most)
	}
	name, err := inPackage(h)
	if err != nil {
		return err
	}
	if u.Keep != nil && !u.Keep(p, name) {
		return nil
	}
	to := path.Join(p.Path, name)
	if err := u.root.MkdirAll(path.Dir(to), 0o755); err != nil {
		return err
	}
	f, err := u.root.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	return errors.Join(err, f.Close())
}

// inPackage returns a file's path in its package: tarballs have it in one folder, whose
// name does not matter. Links, devices and paths that lead elsewhere are errors.
func inPackage(h *tar.Header) (string, error) {
	if h.Typeflag != tar.TypeReg {
		return "", fmt.Errorf("its tarball has %q, which is neither a file nor a folder", h.Name)
	}
	folder, name, _ := strings.Cut(strings.TrimPrefix(h.Name, "./"), "/")
	name = path.Clean(name)
	if folder == "" || folder == ".." || name == "." || !filepath.IsLocal(name) || strings.ContainsAny(name, "\\\x00") {
		return "", fmt.Errorf("its tarball has the path %q, which leads out of the package", h.Name)
	}
	return name, nil
}

// counted counts what is unpacked, and ends at the bound or with the context.
type counted struct {
	io.Reader
	unpacker *unpacker
	ctx      context.Context //nolint:containedctx // of one call
}

func (c *counted) Read(p []byte) (int, error) {
	if c.ctx.Err() != nil {
		return 0, context.Cause(c.ctx)
	}
	n, err := c.Reader.Read(p)
	if most := cmp.Or(c.unpacker.MaxBytes, 1<<30); c.unpacker.bytes.Add(int64(n)) > most {
		return 0, fmt.Errorf("the packages have more than %d MiB", most>>20)
	}
	return n, err
}
