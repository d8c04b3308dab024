package sqlite_test

import (
	"testing"

	"github.com/usherhost/usher/host"
)

func TestKeysWithEveryScopeOfBeforeMayDecideAfterAnUpgrade(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	upTo(t, dir, 8)
	change(t, dir,
		`INSERT INTO key (id, name, scopes, hash, created_at) VALUES
			('key_1', 'admin',  CAST('["ingest","manage","read"]' AS BLOB), x'01', 1),
			('key_2', 'sender', CAST('["ingest"]' AS BLOB), x'02', 2),
			('key_3', 'person', CAST('["manage","read"]' AS BLOB), x'03', 3)`)
	keys, err := reopen(t, dir).Keys(t.Context())
	if err != nil || len(keys) != 3 {
		t.Fatalf("keys %+v, %v", keys, err)
	}
	for i, every := range []bool{true, false, false} {
		if got := keys[i].May(host.ScopeDecide); got != every {
			t.Errorf("key %s with %v may decide: %v", keys[i].Name, keys[i].Scopes, got)
		}
	}
	for _, scope := range host.Scopes() {
		if !keys[0].May(scope) {
			t.Errorf("key admin with %v may not %s", keys[0].Scopes, scope)
		}
	}
}
