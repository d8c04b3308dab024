package sqlite_test

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/usherhost/usher/host"
)

// upTo makes the tables of a version.
func upTo(t *testing.T, dir string, version int64) {
	t.Helper()
	db := raw(t, dir)
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, os.DirFS("migrations"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// rowsOfSeven are one host's rows in the tables of version 7: an execution that was
// running when the host was killed, one that waits for a retry, one with a dead step, a
// draft that waits for its deploy and uses a shared module, contacted origins, and secrets.
var rowsOfSeven = []string{
	`INSERT INTO action VALUES ('act_1', 'one', 'post-user-registration', 'ver_1', 1, 1)`,
	`INSERT INTO module VALUES ('sha256:1', x'00')`,
	`INSERT INTO version (id, action_id, number, digest, size_bytes, status, manifest, created_at, source, revision)
	VALUES ('ver_1', 'act_1', 1, 'sha256:1', 1, 'built', '{}', 1,
		CAST('{"runtime":"node22","code":"x","libraries":[{"library_id":"mod_1","name":"shared","version_id":"mov_1","number":1}]}' AS BLOB), 3)`,
	`INSERT INTO draft VALUES ('act_1', 4, 'pending',
		CAST('{"runtime":"node22","code":"y","libraries":[{"library_id":"mod_1","name":"shared","version_id":"mov_1","number":1}]}' AS BLOB),
		CAST('null' AS BLOB), NULL, 1, 0)`,
	`INSERT INTO wish VALUES ('act_1', 4,
		CAST('{"runtime":"node22","code":"y","libraries":[{"library_id":"mod_1","name":"shared","version_id":"mov_1","number":1}]}' AS BLOB),
		CAST('{"kind":"key","name":"me"}' AS BLOB), 5)`,
	`INSERT INTO library VALUES ('mod_1', 'shared', CAST('{"runtime":"node22","code":"z"}' AS BLOB), 1, 1)`,
	`INSERT INTO library_version VALUES ('mov_1', 'mod_1', 1, CAST('{"runtime":"node22","code":"z"}' AS BLOB), 1, CAST('[]' AS BLOB))`,
	`INSERT INTO library_use VALUES ('mod_1', 'act_1', ''), ('mod_1', 'act_1', 'ver_1')`,
	`INSERT INTO secret VALUES ('act_1', 'B', x'01', 1, 1), ('act_1', 'A', x'02', 1, 2)`,
	`INSERT INTO reach VALUES ('ver_1', 'https://a.example', 7, 1, 2)`,
	`INSERT INTO change (seq, at, actor_kind, actor_id, actor_name, verb, object, name) VALUES (1, 1, 'key', 'key_1', 'me', 'library.create', 'mod_1', 'shared')`,
	`INSERT INTO plan VALUES (1, x'01', CAST('[{"action_id":"act_1","version_id":"ver_1"},{"action_id":"act_1","version_id":"ver_1"}]' AS BLOB))`,
	`WITH RECURSIVE s (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM s WHERE seq < 3)
	INSERT INTO event (seq, id, tenant, trigger, user_id, received_at) SELECT seq, 'evt_' || seq, 'tenant', 'post-user-registration', 'user', seq FROM s`,
	`INSERT INTO payload SELECT seq, CAST('{}' AS BLOB) FROM event`,
	`INSERT INTO execution (seq, event, plan, status, steps, attempt, next_at, lent, epoch, created_at, ended_at) VALUES
		(1, 1, 1, 'running',  'sp', 0, 1, 1, 5, 1, NULL),
		(2, 2, 1, 'retrying', 'pp', 1, 2, 0, 6, 2, NULL),
		(3, 3, 1, 'partial',  'sd', 0, 0, 0, 7, 3, 4)`,
}

// TestMigrateTheTablesOfVersion7 opens a database with the names of before, and finds
// everything in it under the new ones.
func TestMigrateTheTablesOfVersion7(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	upTo(t, dir, 7)
	change(t, dir, rowsOfSeven...)
	db := reopen(t, dir)
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	same := func(name string, got, want any) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}

	x, err := db.Execution(ctx, "exe_3")
	must(err)
	same("progress", slices.Equal(x.Progress, []host.StepState{host.StepSucceeded, host.StepDead}), true)
	same("dead letters", slices.Equal(found(t, db.DeadLetters, host.ExecutionQuery{}), []string{"exe_3"}), true)
	leased, err := db.Claim(ctx, 10)
	must(err)
	same("leased", len(leased), 2)
	for i, want := range []struct {
		id    string
		epoch int64
		next  int
	}{{"exe_1", 6, 1}, {"exe_2", 7, 0}} {
		next, _ := leased[i].Next()
		same(want.id, leased[i].ID == want.id && leased[i].Epoch == want.epoch && next == want.next, true)
	}

	ref := host.SharedModuleRef{SharedModuleID: "mod_1", Name: "shared", VersionID: "mov_1", Number: 1}
	d, err := db.Draft(ctx, "act_1")
	must(err)
	same("draft", d.Source.Code == "y" && slices.Equal(d.Source.SharedModules, []host.SharedModuleRef{ref}), true)
	v, err := db.Version(ctx, "act_1", "1")
	must(err)
	same("version", v.Source != nil && v.Source.Code == "x" && slices.Equal(v.Source.SharedModules, []host.SharedModuleRef{ref}), true)
	pending, err := db.PendingDeploy(ctx, "act_1")
	must(err)
	same("pending deploy", pending.Revision == 4 && pending.Actor.Name == "me" && slices.Equal(pending.Source.SharedModules, d.Source.SharedModules), true)
	module, err := db.SharedModule(ctx, "shared")
	must(err)
	same("shared module", module.ID == "mod_1" && module.Latest != nil && module.Latest.ID == "mov_1", true)
	users, err := db.SharedModuleUsers(ctx, "mod_1")
	must(err)
	same("users", len(users) == 1 && users[0].Ref == ref, true)
	same("delete", host.CodeOf(db.DeleteSharedModule(ctx, "mod_1")), host.Conflict)
	uses, err := db.OriginUse(ctx, "act_1")
	must(err)
	same("origins", len(uses) == 1 && uses[0].Origin == "https://a.example" && uses[0].Requests == 7, true)
	a, err := db.Action(ctx, "one")
	must(err)
	same("secrets", len(a.Secrets) == 2 && a.Secrets[0].Name == "B", true)
	changes, err := db.Changes(ctx, host.ChangeQuery{})
	must(err)
	same("changes", len(changes) == 1 && changes[0].Verb == "shared_module.create", true)
	must(db.RecordOriginUse(ctx, "ver_1", map[string]int64{"https://b.example": 1}, time.Time{}))
}
