package main

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// archive packs files into a tar.gz below one folder, the same bytes each time. Keys are
// paths in it, values are files.
func archive(file, folder string, date time.Time, paths []string, sources map[string]string) (err error) {
	out, err := os.Create(file) //nolint:gosec // the caller's own
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	packed, err := gzip.NewWriterLevel(out, gzip.BestCompression)
	if err != nil {
		return err
	}
	w := tar.NewWriter(packed)
	for _, name := range paths {
		if err := pack(w, path.Join(folder, name), sources[name], date); err != nil {
			return fmt.Errorf("pack %s: %w", name, err)
		}
	}
	return errors.Join(w.Close(), packed.Close())
}

func pack(w *tar.Writer, name, source string, date time.Time) error {
	content, err := os.ReadFile(source)
	if err != nil {
		return err
	}
	info, err := os.Stat(source)
	if err != nil {
		return err
	}
	mode := int64(0o644)
	if info.Mode()&0o100 != 0 {
		mode = 0o755
	}
	header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: int64(len(content)), ModTime: date, Format: tar.FormatPAX}
	if err := w.WriteHeader(header); err != nil {
		return err
	}
	_, err = w.Write(content)
	return err
}

// compress writes file.gz, without name and time in it, beside file.
func compress(file string) (err error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	out, err := os.Create(file + ".gz")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	w, err := gzip.NewWriterLevel(out, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := w.Write(content); err != nil {
		return err
	}
	return w.Close()
}

// checksums writes the SHA-256 digests of the files in dir, as sha256sum -c reads them.
func checksums(dir, file string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var lines strings.Builder
	for _, e := range entries {
		if e.IsDir() || e.Name() == file {
			continue
		}
		sum, err := fileDigest(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&lines, "%s  %s\n", sum, e.Name())
	}
	return os.WriteFile(filepath.Join(dir, file), []byte(lines.String()), 0o644) //nolint:gosec // a file of the release
}

func fileDigest(file string) (string, error) {
	f, err := os.Open(file) //nolint:gosec // a file of the release
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // it was read
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// filesIn returns the files below dir, as paths from there.
func filesIn(dir string) (list []string, err error) {
	err = fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			list = append(list, name)
		}
		return err
	})
	return list, err
}
