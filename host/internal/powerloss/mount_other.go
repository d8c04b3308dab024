//go:build !linux

package powerloss

import "errors"

// ErrNoFUSE is returned where this machine, or this user, can't mount a file system.
var ErrNoFUSE = errors.New("no file system can be mounted through FUSE")

// Mount is for Linux alone.
func Mount(*Disk, string) (unmount func() error, err error) { return nil, ErrNoFUSE }
