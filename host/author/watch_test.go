package author

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func TestWatchReportsEveryKindOfSave(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(t *testing.T, dir string)
		want   []string
	}{
		{name: "written in place", want: []string{"action.js"}, change: func(t *testing.T, dir string) {
			write(t, dir, "action.js")
		}},
		{name: "put in its place", want: []string{"action.js"}, change: func(t *testing.T, dir string) {
			write(t, dir, ".action.js.swp")
			rename(t, dir, ".action.js.swp", "action.js")
		}},
		{name: "moved away and written again", want: []string{"action.js"}, change: func(t *testing.T, dir string) {
			rename(t, dir, "action.js", "action.js~")
			write(t, dir, "action.js")
		}},
		{name: "several at once", want: []string{"action.js", "lib/util.js"}, change: func(t *testing.T, dir string) {
			write(t, dir, "action.js")
			write(t, dir, "lib/util.js")
		}},
		{name: "beside what builds and editors leave", want: []string{"lib/util.js"}, change: func(t *testing.T, dir string) {
			for _, name := range []string{"action.wasm", "4913", "#action.js#", "notes.md", "node_modules/a/index.js", ".git/index", "record.json"} {
				write(t, dir, name)
			}
			write(t, dir, "lib/util.js")
		}},
		{name: "of a file elsewhere that is named", want: []string{"../event.json"}, change: func(t *testing.T, dir string) {
			write(t, dir, "../other.json")
			write(t, dir, "../event.json")
		}},
		{name: "removed", want: []string{"lib/util.js"}, change: func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "lib/util.js")); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := folder(t, map[string]string{"action.js": "", "lib/util.js": "", "node_modules/a/index.js": "", ".git/index": "", "../event.json": ""})
			w, err := newWatch(dir, []string{filepath.Join(dir, "action.js"), filepath.Join(dir, "../event.json")}, []string{filepath.Join(dir, "record.json")})
			if err != nil {
				t.Fatal(err)
			}
			defer w.close()
			tt.change(t, dir)
			var reported []string
			for len(reported) < len(tt.want) { // a busy machine may report the changes one by one
				changed, err := w.next(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				for _, path := range changed {
					path, _ = filepath.Rel(dir, path)
					reported = append(reported, path)
				}
				slices.Sort(reported)
				reported = slices.Compact(reported)
			}
			if !slices.Equal(reported, tt.want) {
				t.Errorf("reported %v, want %v", reported, tt.want)
			}
		})
	}
}

func write(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(time.Now().String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

func rename(t *testing.T, dir, from, to string) {
	t.Helper()
	if err := os.Rename(filepath.Join(dir, from), filepath.Join(dir, to)); err != nil {
		t.Fatal(err)
	}
}

func TestWatchEndsWithItsContext(t *testing.T) {
	t.Parallel()
	w, err := newWatch(t.TempDir(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
