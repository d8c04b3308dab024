package sqlite

// SetMaxBytes changes how big the database file may grow, from the next commit on; 0 is
// as big as the disk allows. Tests fill the disk with it.
func (db *DB) SetMaxBytes(n int64) { db.writer.maxBytes.Store(n) }
