package cachefile

import (
	"os"
	"path/filepath"
	"testing"
)

func FuzzADamagedFileIsRefused(f *testing.F) {
	path := filepath.Join(f.TempDir(), "folder", "file")
	if err := Write(path, []byte("one"), nil, []byte("three")); err != nil {
		f.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	if pieces, err := Read(path); err != nil || len(pieces) != 3 || string(pieces[2]) != "three" {
		f.Fatalf("pieces %q, error %v", pieces, err)
	}
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, b []byte) {
		pieces, err := unseal(b)
		total := 0
		for _, p := range pieces {
			total += len(p)
		}
		if err == nil && total > len(b) {
			t.Errorf("%d bytes hold pieces of %d", len(b), total)
		}
	})
}
