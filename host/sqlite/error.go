package sqlite

import (
	"context"
	"errors"
	"time"

	"github.com/usherhost/usher/host"
	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// hostError returns the domain's error for one of the driver. A [host.Error] and the
// end of a context stay as they are.
func hostError(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if _, ok := errors.AsType[*host.Error](err); ok {
		return err
	}
	switch primary(err) {
	case lib.SQLITE_FULL:
		return unavailable("the disk with the database is full", "free some space; the host goes on by itself", err)
	case lib.SQLITE_IOERR, lib.SQLITE_READONLY, lib.SQLITE_CANTOPEN, lib.SQLITE_PERM:
		return unavailable("the database can't be written",
			"check the disk, its free space and the data directory's permissions; the host goes on by itself", err)
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return unavailable("another program has the database locked", "close what else has the database file open", err)
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return corrupt("the database file is damaged where this was stored", err)
	}
	return &host.Error{Code: host.Internal, Text: "the database refused a statement", Err: err}
}

// isTransient reports whether the same statement may succeed later: then a result is
// kept and tried again.
func isTransient(err error) bool {
	switch primary(err) {
	case lib.SQLITE_FULL, lib.SQLITE_IOERR, lib.SQLITE_READONLY, lib.SQLITE_CANTOPEN, lib.SQLITE_PERM,
		lib.SQLITE_BUSY, lib.SQLITE_LOCKED, lib.SQLITE_NOMEM:
		return true
	}
	return false
}

// primary returns SQLite's result code without its extension, 0 when err does
// not come from SQLite.
func primary(err error) int {
	if e, ok := errors.AsType[*driver.Error](err); ok {
		return e.Code() & 0xff
	}
	return 0
}

func unavailable(text, hint string, err error) *host.Error {
	return &host.Error{Code: host.Unavailable, Text: text, Hint: hint, RetryAfter: 5 * time.Second, Err: err}
}

func corrupt(text string, err error) *host.Error {
	return &host.Error{
		Code: host.Corrupt, Text: text, Err: err,
		Hint: "stop the host, keep a copy of the data directory, and restore the latest backup of usher.db",
	}
}

func closed() *host.Error {
	return &host.Error{
		Code: host.Unavailable, Text: "the host is closing", Hint: "send it again in a moment", RetryAfter: time.Second,
	}
}

func notFound(text string) *host.Error { return &host.Error{Code: host.NotFound, Text: text} }

// refused reports whether err is an answer rather than a failure: the operation
// left nothing behind, and others in its commit may go on.
func refused(err error) bool {
	_, ok := errors.AsType[*host.Error](err)
	return ok
}
