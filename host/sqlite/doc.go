// Package sqlite stores everything that Usher must not lose in one SQLite database:
// events, executions, results, tapes and the registry. Which worker runs an execution, and
// what its steps do, is the business of package executor.
//
// # Main types
//
// [DB] is an open data directory; [Open] locks it for one process. All writes go through
// one writer goroutine, which commits what waits in one transaction (group commit), and
// nothing is acknowledged before the disk has it; see writer.go. Reads use connections of
// their own and never wait for the writer. A [host.Dispatcher] receives new executions after
// their commit; see lease.go. [Check], [Prove], [Backup] and [Lost] work on a database
// file without opening it as a host does.
//
// # The states of an execution's row
//
//	          accept, rerun: no room          Claim, Suspect
//	   ┌──▶ due: leased = 0, next_at ─────────────────────────▶ leased = 1, epoch + 1
//	   │                                                          │   ▲
//	   │      Record: retrying, or given back with NextAt         │   │ accept, retry,
//	   ├──────────────────────────────────────────────────────────┤   │ rerun: room at the
//	   │      RetryExecution: dead steps are pending again        │     dispatcher
//	   │                                                          │
//	ended: ended_at, leased = 0 ◀── Record: final status ─────────┤
//	                            ◀── CancelExecution, from any     │
//	                                state: epoch + 1              │
//	held: leased = 2, held = key ◀── Record: Held ────────────────┘
//	                             ──▶ leased = 1, epoch + 1: ClaimHeld
//	                             ──▶ due: RetryExecution, DeleteAction
//
// A lease is known by its epoch. An outcome under an older epoch is refused with
// [host.Fenced]: so two workers never record for one execution, also after a lease was
// taken away. After a crash, Open ends all leases; executions that ran then are suspects,
// see suspect.go.
//
// # Files
//
// The package has a file for each noun of the domain, with its rows, its statements and
// the methods of DB: action, binding, draft, event, execution, key, result, secret,
// version and so on. They are more than fifteen and stay together, because each is a part
// of the same transactions: a division would have to export the writer. The rest is the
// machinery: open, session, writer, transaction, lease, migrate, check, backup, reseal,
// error, and search with its spans.
package sqlite
