//go:build unix

package daemon

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/usherhost/usher/host/cli/term"
)

// MinFreeBytes is how much room the data directory's disk must have before the
// host calls itself ready.
const MinFreeBytes = 64 << 20

// FreeBytes returns how much room the disk of dir has for this user.
func FreeBytes(dir string) (uint64, error) {
	var stat unix.Statfs_t
	if err := unix.Statfs(dir, &stat); err != nil {
		return 0, fmt.Errorf("ask for the disk's room: %w", err)
	}
	return stat.Bavail * uint64(stat.Bsize), nil
}

func diskHasRoom(dir string) error {
	free, err := FreeBytes(dir)
	if err != nil {
		return err
	}
	if free < MinFreeBytes {
		return fmt.Errorf("only %s are free on the disk of %s", term.ByteSize(int64(free)), dir)
	}
	return nil
}
