package daemon

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOnlyTheHostsUserCanReadItsFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	modes := map[string]os.FileMode{
		"usher.db": 0o600, "usher.db-wal": 0o600, "usher.db-shm": 0o600, "usher.db.before-2026": 0o600, "usher.lock": 0o600, "usher.running": 0o600,
		"secrets.key": 0o600, "admin.key": 0o400, "cache": 0o700, "npm": 0o700, "tls": 0o700,
		"notes.txt": 0o644, "theirs": 0o755,
	}
	for name := range modes {
		path := filepath.Join(dir, name)
		var err error
		switch name {
		case "cache", "npm", "tls", "theirs":
			err = os.Mkdir(path, 0o755)
		case "admin.key":
			err = os.WriteFile(path, nil, 0o440)
		default:
			err = os.WriteFile(path, nil, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("notes.txt", filepath.Join(dir, "usher.db-journal")); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	GuardData(dir, log)
	for name, want := range modes {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, %v, want %v", name, info.Mode().Perm(), err, want)
		}
	}
	for name, want := range modes {
		if named := strings.Contains(out.String(), name); named != (want&ofOthers == 0) {
			t.Errorf("the log names %s: %t\n%s", name, named, &out)
		}
	}
	out.Reset()
	GuardData(dir, log)
	GuardData(filepath.Join(dir, "missing"), log)
	if out.Len() > 0 {
		t.Errorf("the second time the log says %s", &out)
	}
}

func TestAHostThatTheKernelDoesNotHelpSaysSoOnce(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	WarnUnconfined(true, log)
	if out.Len() > 0 {
		t.Errorf("a host with Landlock says %s", &out)
	}
	WarnUnconfined(false, log)
	if strings.Count(out.String(), "\n") != 1 || !strings.Contains(out.String(), "level=WARN") || !strings.Contains(out.String(), "hint=") {
		t.Errorf("a host without says %s", &out)
	}
}
