package seal_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/seal"
)

func TestFirstStartCreatesTheKeyFileOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data", "secrets.key")
	o, store := seal.Options{CreateFile: path}, &memory{}
	b := mustOpen(t, o, store)
	if got, created := b.Created(); !created || got != path {
		t.Errorf("Created() = %q, %t; want the path and true", got, created)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the key file has mode %04o, want 0600", info.Mode().Perm())
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
		t.Errorf("the key's directory holds %v, want the key file alone", files)
	}
	sealed := mustSeal(t, b, "v", "p")
	again := mustOpen(t, o, store)
	if got, created := again.Created(); created || got != "" {
		t.Errorf("on the second start Created() = %q, %t", got, created)
	}
	wantOpened(t, again, sealed, "p", "v")
}

func TestAKeyFileLeftByAFailedFirstStartIsUsedAndReported(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secrets.key")
	store := &memory{full: true}
	if _, err := seal.Open(t.Context(), seal.Options{CreateFile: path}, store); host.CodeOf(err) != host.Unavailable {
		t.Fatalf("Open on a full disk: %v", err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	store.full = false
	if _, created := mustOpen(t, seal.Options{CreateFile: path}, store).Created(); !created {
		t.Error("the new key file is not reported")
	}
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Error("the key file was replaced")
	}
}

func TestALostKeyFileIsNeverReplaced(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secrets.key")
	o, store := seal.Options{CreateFile: path}, &memory{}
	b := mustOpen(t, o, store)
	sealed := mustSeal(t, b, "v", "p")
	backup := path + ".backup"
	if err := os.Rename(path, backup); err != nil {
		t.Fatal(err)
	}
	_, err := seal.Open(t.Context(), o, store)
	wantError(t, err, host.Refused, path, b.KeyID(), "backup")
	if _, err := os.Stat(path); err == nil {
		t.Fatal("a new key file was made")
	}
	if err := os.Rename(backup, path); err != nil {
		t.Fatal(err)
	}
	wantOpened(t, mustOpen(t, o, store), sealed, "p", "v")
}

func TestAWrongKeyIsReported(t *testing.T) {
	t.Parallel()
	store := &memory{}
	b := mustOpen(t, seal.Options{Key: seal.NewKey()}, store)
	_, err := seal.Open(t.Context(), seal.Options{Key: seal.NewKey(), KeyName: "USHER_SECRETS_KEY"}, store)
	wantError(t, err, host.Refused, "USHER_SECRETS_KEY", b.KeyID(), "start with the key")
}

func TestKeysAreReadAsOperatorsWriteThem(t *testing.T) {
	t.Parallel()
	key, store := seal.NewKey(), &memory{}
	id := mustOpen(t, seal.Options{Key: key}, store).KeyID()
	for _, text := range []string{key + "\n", "  " + key + "\r\n", strings.TrimRight(key, "=")} {
		if got := mustOpen(t, seal.Options{Key: text}, store).KeyID(); got != id {
			t.Errorf("key %q has id %s, want %s", text, got, id)
		}
		path := writeKey(t, text, 0o600)
		if got := mustOpen(t, seal.Options{KeyFile: path}, store).KeyID(); got != id {
			t.Errorf("key file %q has id %s, want %s", text, got, id)
		}
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(writeKey(t, key, 0o400), link); err != nil {
		t.Fatal(err)
	}
	if got := mustOpen(t, seal.Options{KeyFile: link}, store).KeyID(); got != id {
		t.Errorf("behind a link the key has id %s, want %s", got, id)
	}
}

func writeKey(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a key")
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask
		t.Fatal(err)
	}
	return path
}

func TestBadKeysAreRefused(t *testing.T) {
	t.Parallel()
	key := seal.NewKey()
	for _, tt := range []struct {
		name    string
		options seal.Options
		code    host.Code
		parts   []string
	}{
		{"no key at all", seal.Options{}, host.Invalid, []string{"openssl rand -base64 32"}},
		{"two keys", seal.Options{Key: key, KeyFile: "f"}, host.Invalid, []string{"only one"}},
		{"not base64", seal.Options{Key: "correct horse battery staple"}, host.Invalid, []string{"32 bytes", "openssl"}},
		{"too short", seal.Options{Key: base64.StdEncoding.EncodeToString(make([]byte, 16))}, host.Invalid, []string{"32 bytes"}},
		{"too long", seal.Options{Key: base64.StdEncoding.EncodeToString(make([]byte, 33))}, host.Invalid, []string{"32 bytes"}},
		{"file not there", seal.Options{KeyFile: filepath.Join(t.TempDir(), "none")}, host.Invalid, []string{"does not exist"}},
		{"empty file", seal.Options{KeyFile: writeKey(t, "", 0o600)}, host.Invalid, []string{"32 bytes"}},
		{"huge file", seal.Options{KeyFile: writeKey(t, strings.Repeat("A", 1<<20), 0o600)}, host.Invalid, []string{"32 bytes"}},
		{"directory", seal.Options{KeyFile: t.TempDir()}, host.Invalid, []string{"not a regular file"}},
		{"writable by the group", seal.Options{KeyFile: writeKey(t, key, 0o660)}, host.Refused, []string{"0660", "chmod 600 '", "a key'"}},
		{"to be run by the group", seal.Options{KeyFile: writeKey(t, key, 0o650)}, host.Refused, []string{"0650", "chmod 600"}},
		{"readable by the group and all", seal.Options{KeyFile: writeKey(t, key, 0o444)}, host.Refused, []string{"0444", "chmod 600"}},
		{"readable by all", seal.Options{KeyFile: writeKey(t, key, 0o604)}, host.Refused, []string{"0604", "chmod 600"}},
		{"created file readable by all", seal.Options{CreateFile: writeKey(t, key, 0o644)}, host.Refused, []string{"chmod 600"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			store := &memory{}
			_, err := seal.Open(t.Context(), tt.options, store)
			wantError(t, err, tt.code, tt.parts...)
			if strings.Contains(err.Error(), key) {
				t.Error("the error shows the key")
			}
			if len(store.blobs) != 0 {
				t.Error("data keys were stored")
			}
		})
	}
}

func TestConcurrentFirstStartsAgreeOnOneKeyFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secrets.key")
	ids := make([]string, 8)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			b, err := seal.Open(t.Context(), seal.Options{CreateFile: path}, &memory{})
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = b.KeyID()
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("the starts used keys %v, want one", ids)
		}
	}
}

func TestAKeyFileMayBeReadByTheGroupOfTheProcess(t *testing.T) {
	t.Parallel()
	key := seal.NewKey()
	for _, mode := range []os.FileMode{0o400, 0o440, 0o600, 0o640} {
		path := writeKey(t, key, mode)
		mustOpen(t, seal.Options{KeyFile: path}, &memory{})
		foreign := os.Getegid() + 54321
		if mode&0o040 == 0 || os.Chown(path, -1, foreign) != nil {
			continue // only root gives files to other groups
		}
		_, err := seal.Open(t.Context(), seal.Options{KeyFile: path}, &memory{})
		wantError(t, err, host.Refused, "a group that this process is not in")
	}
}
