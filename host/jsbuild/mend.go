package jsbuild

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// mend takes a look at the clock or at chance out of what a package's file does
// when it loads, where nothing depends on it but that no image can be made.
type mend struct {
	pkg  *regexp.Regexp // the package's name
	from string
	to   string // as long a line as before: positions stay those of the file
}

var mends = []mend{
	// It counts calls within 16 ms: for that all calls may be at one time, as
	// they are by a run's clock.
	{regexp.MustCompile(`^lodash(-es|\.[a-z]+)?$`), "nativeNow = Date.now", "nativeNow = () => 0"},
	// It looks whether random numbers have 53 bits. They do.
	{regexp.MustCompile(`^bignumber\.js$`), "(Math.random() * pow2_53) & 0x1fffff", "(0x1fffff                ) & 0x1fffff"},
}

// mended returns a package's file as it is bundled, or nothing when that is as
// it is.
func (j *job) mended(path string) api.OnLoadResult {
	dir := packageDir(path)
	if dir == "" || !strings.HasSuffix(filepath.Ext(path), "js") {
		return api.OnLoadResult{}
	}
	for _, m := range mends {
		if !m.pkg.MatchString(j.pkgs.name(dir)) {
			continue
		}
		code, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(code), m.from) {
			return api.OnLoadResult{} // esbuild tells of it
		}
		text := strings.ReplaceAll(string(code), m.from, m.to)
		return api.OnLoadResult{Contents: &text, ResolveDir: filepath.Dir(path), Loader: api.LoaderJS}
	}
	return api.OnLoadResult{}
}
