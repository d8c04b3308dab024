package command

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/term"
)

// ReadInput reads a file, or stdin when path is "-".
func ReadInput(t term.Terminal, path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(t.In)
	}
	return ReadFile(path)
}

// ReadFile reads a file that a person named.
func ReadFile(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, &host.Error{Code: host.NotFound, Text: "no file at " + path}
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return data, nil
}

// OpenFile opens a file that a person named.
func OpenFile(path string) (*os.File, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, &host.Error{Code: host.NotFound, Text: "no file at " + path}
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return file, nil
}

// WithoutMark takes off the byte order mark that some editors begin a file with.
func WithoutMark(text []byte) []byte { return bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")) }
