package seal_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/seal"
)

// memory is a store that forgets with the test.
type memory struct {
	mu    sync.Mutex // guards blobs
	blobs map[string][]byte
	full  bool // SetMeta fails
}

func (m *memory) Meta(_ context.Context, name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if blob, found := m.blobs[name]; found {
		return bytes.Clone(blob), nil
	}
	return nil, &host.Error{Code: host.NotFound, Text: "no such blob"}
}

func (m *memory) SetMeta(_ context.Context, name string, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.full {
		return &host.Error{Code: host.Unavailable, Text: "the disk is full"}
	}
	if m.blobs == nil {
		m.blobs = map[string][]byte{}
	}
	m.blobs[name] = bytes.Clone(value)
	return nil
}

func mustOpen(t *testing.T, o seal.Options, store host.MetaStore) *seal.Box {
	t.Helper()
	b, err := seal.Open(t.Context(), o, store)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func mustSeal(t *testing.T, b *seal.Box, plaintext, place string) []byte {
	t.Helper()
	sealed, err := b.Seal([]byte(plaintext), []byte(place))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func wantOpened(t *testing.T, b *seal.Box, sealed []byte, place, want string) {
	t.Helper()
	got, err := b.Open(sealed, []byte(place))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("opened %q, want %q", got, want)
	}
}

func wantError(t *testing.T, err error, code host.Code, parts ...string) {
	t.Helper()
	var e *host.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Fatalf("error %v, want a host.Error with code %s", err, code)
	}
	for _, part := range parts {
		if !strings.Contains(e.Text+"\n"+e.Hint, part) {
			t.Errorf("error %q (hint %q) lacks %q", e.Text, e.Hint, part)
		}
	}
}

func TestBoxOpensWhatItSealed(t *testing.T) {
	t.Parallel()
	key, store := seal.Options{Key: seal.NewKey()}, &memory{}
	b := mustOpen(t, key, store)
	for _, plaintext := range []string{"", "s3cret", strings.Repeat("x", 1<<20)} {
		sealed := mustSeal(t, b, plaintext, "act_1/TOKEN")
		if plaintext != "" && bytes.Contains(sealed, []byte(plaintext)) {
			t.Error("the sealed value shows the plaintext")
		}
		wantOpened(t, b, sealed, "act_1/TOKEN", plaintext)
		wantOpened(t, mustOpen(t, key, store), sealed, "act_1/TOKEN", plaintext)
	}
}

func TestSealingTwiceDiffers(t *testing.T) {
	t.Parallel()
	b := mustOpen(t, seal.Options{Key: seal.NewKey()}, &memory{})
	if bytes.Equal(mustSeal(t, b, "s", "p"), mustSeal(t, b, "s", "p")) {
		t.Error("the same value was sealed to the same bytes twice")
	}
}

func TestBoxRefusesWhatIsNotAsItWasSealed(t *testing.T) {
	t.Parallel()
	b := mustOpen(t, seal.Options{Key: seal.NewKey()}, &memory{})
	other := mustOpen(t, seal.Options{Key: seal.NewKey()}, &memory{})
	sealed := mustSeal(t, b, "s3cret", "act_1/TOKEN")
	for _, tt := range []struct {
		name   string
		sealed []byte
		place  string
	}{
		{"another place", sealed, "act_2/TOKEN"},
		{"no place", sealed, ""},
		{"another box", mustSeal(t, other, "s3cret", "act_1/TOKEN"), "act_1/TOKEN"},
		{"cut short", sealed[:len(sealed)-1], "act_1/TOKEN"},
		{"empty", nil, "act_1/TOKEN"},
		{"plaintext", []byte("s3cret"), "act_1/TOKEN"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := b.Open(tt.sealed, []byte(tt.place))
			wantError(t, err, host.Corrupt, "set the secret again")
		})
	}
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if _, err := b.Open(changed, []byte("act_1/TOKEN")); err == nil {
			t.Errorf("a value with byte %d changed was opened", i)
		}
	}
}

func TestRotateKeepsWhatWasSealedBefore(t *testing.T) {
	t.Parallel()
	key, store := seal.Options{Key: seal.NewKey()}, &memory{}
	b := mustOpen(t, key, store)
	var sealed [][]byte
	for range 3 {
		sealed = append(sealed, mustSeal(t, b, "v", "p"))
		if err := b.Rotate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	sealed = append(sealed, mustSeal(t, b, "v", "p"))
	again := mustOpen(t, key, store)
	prefixes := map[string]bool{}
	for _, s := range sealed {
		wantOpened(t, b, s, "p", "v")
		wantOpened(t, again, s, "p", "v")
		prefixes[string(s[:5])] = true // version and key id
	}
	if len(prefixes) != 4 {
		t.Errorf("%d data keys were used, want 4", len(prefixes))
	}
}

func TestRotateThatIsNotStoredChangesNothing(t *testing.T) {
	t.Parallel()
	key, store := seal.Options{Key: seal.NewKey()}, &memory{}
	b := mustOpen(t, key, store)
	store.full = true
	if err := b.Rotate(t.Context()); host.CodeOf(err) != host.Unavailable {
		t.Fatalf("Rotate on a full disk: %v", err)
	}
	sealed := mustSeal(t, b, "v", "p")
	wantOpened(t, mustOpen(t, key, store), sealed, "p", "v")
}

func TestRewrapChangesTheKeyAndKeepsTheValues(t *testing.T) {
	t.Parallel()
	before, after, store := seal.Options{Key: seal.NewKey()}, seal.Options{Key: seal.NewKey()}, &memory{}
	b := mustOpen(t, before, store)
	sealed := mustSeal(t, b, "v", "p")
	was := b.KeyID()
	if _, err := b.Rewrap(t.Context(), after); err != nil {
		t.Fatal(err)
	}
	if b.KeyID() == was {
		t.Error("the key id is still that of the old key")
	}
	wantOpened(t, b, sealed, "p", "v")
	wantOpened(t, mustOpen(t, after, store), sealed, "p", "v")
	_, err := seal.Open(t.Context(), before, store)
	wantError(t, err, host.Refused, was, b.KeyID())
	if err := b.Rotate(t.Context()); err != nil {
		t.Errorf("Rotate after Rewrap: %v", err)
	}
}

func TestBoxIsSharedByManyGoroutines(t *testing.T) {
	t.Parallel()
	key, store := seal.Options{Key: seal.NewKey()}, &memory{}
	b := mustOpen(t, key, store)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				sealed, err := b.Seal([]byte("v"), []byte("p"))
				if err != nil {
					t.Error(err)
					return
				}
				if got, err := b.Open(sealed, []byte("p")); err != nil || string(got) != "v" {
					t.Errorf("opened %q, %v", got, err)
				}
			}
		})
		wg.Go(func() {
			if err := b.Rotate(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	wantOpened(t, mustOpen(t, key, store), mustSeal(t, b, "v", "p"), "p", "v")
}

func TestADamagedDataKeyIsNotReportedAsAWrongKey(t *testing.T) {
	t.Parallel()
	key := seal.Options{Key: seal.NewKey(), KeyName: "USHER_KEY"}
	for _, tt := range []struct {
		name   string
		damage func(blob string) string
		code   host.Code
		part   string
	}{
		{"not JSON", func(string) string { return "garbage" }, host.Corrupt, "damaged"},
		{"empty", func(string) string { return "" }, host.Corrupt, "damaged"},
		{"cut short", func(s string) string { return strings.Replace(s, `"keyset":"`, `"keyset":"AAAA`, 1) }, host.Corrupt, "damaged"},
		{"of a later version", func(s string) string { return strings.Replace(s, `"format":1`, `"format":2`, 1) }, host.Refused, "version of usher"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			store := &memory{}
			mustOpen(t, key, store)
			for name, blob := range store.blobs {
				store.blobs[name] = []byte(tt.damage(string(blob)))
			}
			_, err := seal.Open(t.Context(), key, store)
			wantError(t, err, tt.code, tt.part)
		})
	}
}

func TestAStoreThatCantBeReadIsNotTakenForAFreshOne(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secrets.key")
	_, err := seal.Open(t.Context(), seal.Options{CreateFile: path}, broken{})
	if host.CodeOf(err) != host.Unavailable {
		t.Fatalf("Open: %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a key file was created")
	}
}

type broken struct{ host.MetaStore }

func (broken) Meta(context.Context, string) ([]byte, error) {
	return nil, &host.Error{Code: host.Unavailable, Text: "the database is closing"}
}
