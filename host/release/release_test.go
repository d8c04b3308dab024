package release_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/usherhost/usher/host/release"
)

func TestABuildSaysWhatItIs(t *testing.T) {
	t.Parallel()
	b := release.ThisBuild()
	if b.Version == "" || b.Go != runtime.Version() || b.Platform != runtime.GOOS+"/"+runtime.GOARCH {
		t.Errorf("build %+v", b)
	}
	for name, digest := range map[string]string{"engine": b.Embedded.Engine, "runtime": b.Embedded.Runtime, "languages": b.Embedded.Languages} {
		if digest != "" && (!strings.HasPrefix(digest, "sha256:") || len(digest) != len("sha256:")+64) {
			t.Errorf("%s has the digest %q", name, digest)
		}
	}
	if e := b.Embedded; (e.Engine == "") != (e.Runtime == "") || (e.Engine == "") != (e.Languages == "") {
		t.Errorf("a part of the engine has no digest: %+v", e)
	}
}

func TestEveryModuleHasAnAddress(t *testing.T) {
	t.Parallel()
	list, _, err := release.Components()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		if c.Kind == "" || c.Name == "" || !strings.HasPrefix(c.Source, "https://") {
			t.Errorf("component %+v", c)
		}
	}
}
