package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/usherhost/usher/host/release"
)

func TestMain(m *testing.M) {
	if err := os.Chdir("../../.."); err != nil { // as the command runs
		panic(err)
	}
	os.Exit(m.Run())
}

func TestTheEmbeddedNoticesAreThoseOfWhatIsLinked(t *testing.T) {
	t.Parallel()
	embedded, whole, err := release.Components()
	if err != nil {
		t.Fatal(err)
	}
	if !whole {
		t.Skip("no notices are embedded: run 'task notices'")
	}
	want, err := components(t.Context(), licensesFolder)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range want {
		if !slices.ContainsFunc(embedded, func(e release.Component) bool {
			return e.Kind == c.Kind && e.Name == c.Name && e.Version == c.Version && slices.Equal(e.Notices, c.Notices)
		}) {
			t.Errorf("the notices of %s %s %s are not embedded: run 'task notices'", c.Kind, c.Name, c.Version)
		}
	}
	if len(embedded) != len(want) {
		t.Errorf("%d components are embedded, %d are in usher: run 'task notices'", len(embedded), len(want))
	}
}

func TestLicencesAreFoundByTheirFilesOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"LICENSE", "licence.md", "COPYING.LESSER", "NOTICE.txt", "license.go", "notices.md", "LICENSES", "patents", "README"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name+"\r\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	found, err := noticesIn(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []release.Notice{{File: "COPYING.LESSER", Text: "COPYING.LESSER\n"}, {File: "LICENSE", Text: "LICENSE\n"}, {File: "NOTICE.txt", Text: "NOTICE.txt\n"}, {File: "licence.md", Text: "licence.md\n"}, {File: "patents", Text: "patents\n"}}
	if !slices.Equal(found, want) {
		t.Errorf("found %v, want %v", found, want)
	}
}

func TestAPackageWithoutALicenceIsNotPassedOver(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "package.json"), []byte(`{"name":"x"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if found, err := noticesOfPackage(dir); err != nil || len(found) != 0 {
		t.Errorf("found %v, %v", found, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "package.json"), []byte(`{"name":"x","license":"MIT","author":"Ada"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if found, err := noticesOfPackage(dir); err != nil || len(found) != 1 || found[0].File != "package.json" {
		t.Errorf("found %v, %v", found, err)
	}
}
