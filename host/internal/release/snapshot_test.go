package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/usherhost/usher/host/release"
)

var sample = origin{version: "v1.2.3", commit: strings.Repeat("ab", 20), date: time.Date(2026, 12, 1, 2, 3, 4, 0, time.UTC)}

func TestAnArchiveIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program, page := filepath.Join(dir, "usher"), filepath.Join(dir, "page")
	if err := errors.Join(os.WriteFile(program, []byte("program"), 0o700), os.WriteFile(page, []byte("page"), 0o600)); err != nil {
		t.Fatal(err)
	}
	var made [2][]byte
	for i := range made {
		file := filepath.Join(dir, "a.tar.gz")
		if err := os.Chtimes(page, time.Now(), time.Now().Add(time.Duration(i)*time.Hour)); err != nil {
			t.Fatal(err)
		}
		if err := archive(file, "usher_1.2.3", sample.date, []string{"usher", "man/page"}, map[string]string{"usher": program, "man/page": page}); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		made[i] = content
	}
	if !bytes.Equal(made[0], made[1]) {
		t.Error("two archives of the same files differ")
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(made[0]))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for r := tar.NewReader(unpacked); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		names = append(names, h.FileInfo().Mode().String()+" "+h.Name)
	}
	if got := strings.Join(names, ", "); got != "-rwxr-xr-x usher_1.2.3/usher, -rw-r--r-- usher_1.2.3/man/page" {
		t.Errorf("the archive has %s", got)
	}
}

func TestTheChecksumsAreThoseThatSha256sumReads(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "a.tar.gz"), []byte("a"), 0o600), os.WriteFile(filepath.Join(dir, "b.deb"), []byte("b"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := checksums(dir, "sums.txt"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "sums.txt"))
	const want = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb  a.tar.gz\n" +
		"3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d  b.deb\n"
	if err != nil || string(text) != want {
		t.Errorf("the checksums are %q, %v", text, err)
	}
}

func TestTheBillOfMaterialsNamesEverything(t *testing.T) {
	t.Parallel()
	list := []release.Component{
		release.Module("github.com/spf13/cobra", "v1.10.2"),
		{Kind: "npm", Name: "@formatjs/bigdecimal", Version: "0.2.7", License: "MIT", Source: "https://x.test"},
		{Kind: "part", Name: "musl, in quickjs-wasi", License: "MIT", Source: "https://musl.libc.org"},
	}
	file := filepath.Join(t.TempDir(), "bom.json")
	if err := writeBOM(sample, list, file); err != nil {
		t.Fatal(err)
	}
	text, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = text.Close() }()
	var bom cdx.BOM
	if err := cdx.NewBOMDecoder(text, cdx.BOMFileFormatJSON).Decode(&bom); err != nil {
		t.Fatal(err)
	}
	var urls []string
	for _, c := range *bom.Components {
		urls = append(urls, c.BOMRef)
	}
	if got := strings.Join(urls, " "); got != "pkg:golang/github.com/spf13/cobra@v1.10.2 pkg:npm/%40formatjs/bigdecimal@0.2.7 part:musl, in quickjs-wasi" {
		t.Errorf("the components are %s", got)
	}
	if bom.Metadata.Component.Version != "v1.2.3" || bom.Metadata.Timestamp != "2026-12-01T02:03:04Z" || len(*(*bom.Dependencies)[0].Dependencies) != 3 {
		t.Errorf("the bill is %+v", bom.Metadata)
	}
	first, again := serial(sample), serial(sample)
	if first != again || !strings.HasPrefix(bom.SerialNumber, "urn:uuid:") || len(bom.SerialNumber) != len("urn:uuid:")+36 {
		t.Errorf("the serial number is %s", bom.SerialNumber)
	}
}

func TestAProgramThatNeedsALinkerIsNoRelease(t *testing.T) {
	t.Parallel()
	dynamic, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("this system has no sh")
	}
	if err := checkStatic(dynamic); err == nil {
		t.Errorf("%s passes for static", dynamic)
	}
}

func TestPlatformsAreThoseOfARelease(t *testing.T) {
	t.Parallel()
	if all, err := targetsOf(""); err != nil || len(all) != 4 {
		t.Errorf("all platforms are %v, %v", all, err)
	}
	if some, err := targetsOf("linux/arm64,darwin/arm64"); err != nil || len(some) != 2 || some[0].arch != "arm64" {
		t.Errorf("two platforms are %v, %v", some, err)
	}
	if _, err := targetsOf("linux/mips"); err == nil || !strings.Contains(err.Error(), "linux/mips") {
		t.Errorf("an unknown one gives %v", err)
	}
}

// inTag makes a repository with a commit, and its tag if it has one.
func inTag(t *testing.T, tag string) {
	t.Helper()
	dir := t.TempDir()
	for _, args := range [][]string{{"init", "-q"}, {"-c", "user.name=a", "-c", "user.email=a@x.test", "commit", "-q", "--allow-empty", "-m", "x", "--date", "2026-12-01T02:03:04Z"}, {"tag", tag}} {
		if tag == "" && args[0] == "tag" {
			continue
		}
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "GIT_COMMITTER_DATE=2026-12-01T02:03:04Z")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	t.Chdir(dir)
}

func TestTheVersionIsTheTag(t *testing.T) {
	inTag(t, "v1.2.3")
	o, err := originOf(t.Context())
	if err != nil || o.version != "v1.2.3" || o.number() != "1.2.3" || !o.date.Equal(sample.date) {
		t.Errorf("a tagged commit is %+v, %v", o, err)
	}
}

func TestACommitWithoutATagHasAPseudoVersion(t *testing.T) {
	inTag(t, "")
	o, err := originOf(t.Context())
	if err != nil || o.version != "v0.0.0-20261201020304-"+o.commit[:12] {
		t.Errorf("the commit is %+v, %v", o, err)
	}
}
