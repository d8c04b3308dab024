package profiles_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/profiles"
)

func file(t *testing.T) profiles.File {
	t.Helper()
	return profiles.Of([]string{"XDG_CONFIG_HOME=" + t.TempDir()})
}

func TestTheFileIsInTheUsersConfigurationDirectory(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	for _, tt := range []struct {
		name    string
		environ []string
		want    string
	}{
		{name: "XDG_CONFIG_HOME", environ: []string{"HOME=" + home, "XDG_CONFIG_HOME=/c"}, want: "/c/usher/profiles.yaml"},
		{name: "a relative one is ignored", environ: []string{"HOME=" + home, "XDG_CONFIG_HOME=c"}, want: home + "/.config/usher/profiles.yaml"},
		{name: "a home directory", environ: []string{"HOME=" + home}, want: home + "/.config/usher/profiles.yaml"},
		{name: "a home directory that does not exist", environ: []string{"HOME=" + home + "/gone"}},
		{name: "a service without one"},
	} {
		if got := profiles.Of(tt.environ).Path; got != filepath.FromSlash(tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestAProfileIsStoredForItsUserAlone(t *testing.T) {
	t.Parallel()
	f := file(t)
	if s, err := f.Read(); err != nil || len(s.Profiles) != 0 {
		t.Fatalf("before the first: %+v, %v", s, err)
	}
	p := profiles.Profile{URL: "https://usher.example.com", Key: "usher_1"}
	if was, err := f.Add("prod", p); err != nil || was != "" {
		t.Fatal(was, err)
	}
	info, err := os.Stat(f.Path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v, %v", info.Mode(), err)
	}
	if s, err := f.Read(); err != nil || s.Current != "prod" || s.Profiles["prod"] != p {
		t.Errorf("read %+v, %v", s, err)
	}
	if err := os.Chmod(f.Path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Read(); host.CodeOf(err) != host.Refused || !strings.Contains(err.Error(), f.Path) {
		t.Errorf("a file that others can read: %v", err)
	}
}

func TestANameIsNotTakenFromAnotherHost(t *testing.T) {
	t.Parallel()
	f := file(t)
	p := profiles.Profile{URL: "https://usher.example.com", Key: "usher_1"}
	if _, err := f.Add("prod", p); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Add("prod", profiles.Profile{URL: "https://other.example.com"}); host.CodeOf(err) != host.Conflict {
		t.Errorf("another host: %v", err)
	}
	if _, err := f.RecordHost(t.TempDir(), "http://127.0.0.1:1", "prod"); host.CodeOf(err) != host.Conflict {
		t.Errorf("a host on this machine: %v", err)
	}
	p.Key = "usher_2"
	if was, err := f.Add("prod", p); err != nil || was != "prod" {
		t.Errorf("the same host: %q, %v", was, err)
	}
	for _, name := range []string{"", "-x", "a b", "a\n", strings.Repeat("x", 65)} {
		if _, err := f.Add(name, p); host.CodeOf(err) != host.Invalid {
			t.Errorf("the name %q: %v", name, err)
		}
	}
}

func TestAStartRecordsItsHost(t *testing.T) {
	t.Parallel()
	f := file(t)
	a, b := filepath.Join(t.TempDir(), "shop", "usher-data"), filepath.Join(t.TempDir(), "blog", "usher-data")
	for _, dir := range []string{a, b} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	const first, second = "http://127.0.0.1:8080", "http://127.0.0.1:8081"
	for _, tt := range []struct {
		name             string
		data, url, asked string
		want, current    string
		isNew            bool
	}{
		{name: "the first host is local", data: a, url: first, want: "local", current: "local", isNew: true},
		{name: "its next start changes nothing", data: a, url: first, want: "local", current: "local"},
		{name: "another host beside it does not become the current one", data: b, url: second, want: "blog", current: "local", isNew: true},
		{name: "one at the address of the current one does", data: b, url: first, want: "blog", current: "blog"},
		{name: "and back", data: a, url: first, want: "local", current: "local"},
		{name: "a name that is asked for", data: a, url: first, asked: "shop", want: "shop", current: "shop"},
	} {
		done, err := f.RecordHost(tt.data, tt.url, tt.asked)
		if err != nil || done.Name != tt.want || done.Current != tt.current || done.New != tt.isNew {
			t.Fatalf("%s: %+v, %v", tt.name, done, err)
		}
	}
	s, err := f.Read()
	if want := (profiles.Profile{URL: first, Data: a}); err != nil || len(s.Profiles) != 2 || s.Profiles["shop"] != want {
		t.Errorf("profiles are %+v, %v", s, err)
	}
}

func TestAMovedDataDirectoryKeepsItsName(t *testing.T) {
	t.Parallel()
	f := file(t)
	dir := t.TempDir()
	old, moved := filepath.Join(dir, "old"), filepath.Join(dir, "moved")
	if err := os.Mkdir(old, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := f.RecordHost(old, "http://127.0.0.1:1", ""); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(old, moved); err != nil {
		t.Fatal(err)
	}
	if s, err := f.Read(); err != nil || !s.Profiles["local"].Gone() {
		t.Errorf("profiles are %+v, %v", s, err)
	}
	done, err := f.RecordHost(moved, "http://127.0.0.1:2", "")
	if err != nil || done.Name != "local" || done.Current != "local" {
		t.Errorf("recorded %+v, %v", done, err)
	}
}

func TestProcessesChangeTheFileOneAfterAnother(t *testing.T) {
	t.Parallel()
	f := file(t)
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			if _, err := f.Add(fmt.Sprint("p", i), profiles.Profile{URL: "http://127.0.0.1:1"}); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if s, err := f.Read(); err != nil || len(s.Profiles) != 8 {
		t.Errorf("%d profiles, %v", len(s.Profiles), err)
	}
}

func TestTheCurrentProfileIsChosen(t *testing.T) {
	t.Parallel()
	f := file(t)
	for _, name := range []string{"prod", "test"} {
		if _, err := f.Add(name, profiles.Profile{URL: "https://" + name + ".example.com"}); err != nil {
			t.Fatal(err)
		}
	}
	if p, err := f.Use("prod"); err != nil || p.URL != "https://prod.example.com" {
		t.Errorf("used %+v, %v", p, err)
	}
	if _, err := f.Use("prdo"); host.CodeOf(err) != host.NotFound {
		t.Errorf("used one that is not there: %v", err)
	}
	if s, err := f.Read(); err != nil || s.Current != "prod" {
		t.Errorf("profiles are %+v, %v", s, err)
	}
	if err := f.Remove("prod"); err != nil {
		t.Error(err)
	}
	if s, err := f.Read(); err != nil || s.Current != "" || len(s.Profiles) != 1 {
		t.Errorf("profiles are %+v, %v", s, err)
	}
	if err := (profiles.File{}).Remove("test"); host.CodeOf(err) != host.Refused {
		t.Errorf("a user without a directory: %v", err)
	}
}
