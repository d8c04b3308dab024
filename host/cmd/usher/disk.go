//go:build unix

package main

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// minFreeBytes is how much room the data directory's disk must have before the
// host calls itself ready.
const minFreeBytes = 64 << 20

// freeBytes returns how much room the disk of dir has for this user.
func freeBytes(dir string) (uint64, error) {
	var stat unix.Statfs_t
	if err := unix.Statfs(dir, &stat); err != nil {
		return 0, fmt.Errorf("ask for the disk's room: %w", err)
	}
	return stat.Bavail * uint64(stat.Bsize), nil
}

func diskHasRoom(dir string) error {
	free, err := freeBytes(dir)
	if err != nil {
		return err
	}
	if free < minFreeBytes {
		return fmt.Errorf("only %s are free on the disk of %s", byteSize(int64(free)), dir)
	}
	return nil
}
