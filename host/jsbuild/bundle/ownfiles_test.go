package bundle_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestABundleHoldsNoFilesOfOthers has a package and an action name files that are not
// theirs, or that are too large, in the forms that add files.
func TestABundleHoldsNoFilesOfOthers(t *testing.T) {
	t.Parallel()
	const reading = `const fs = require("fs"), path = require("path"); for (const read of [
		() => fs.readFileSync(path.join(__dirname, "../../outside.txt")), () => fs.readFileSync(path.join(__dirname, "..", "other", "outside.txt")),
		() => fs.readFileSync(__dirname + "/link.txt"), () => fs.readFileSync(__dirname + "/folder/outside.txt"), () => fs.readFileSync(__dirname + "/.env"),
		() => fs.readFileSync(__dirname + "/node_modules/own/outside.txt"), () => fs.readFileSync(require.resolve("../other/outside.txt")), () => fs.readFileSync(__dirname + "/large.txt"),
	]) try { read(); } catch {}`
	src := actionOf(t, "action.js", map[string]string{
		"app/action.js":                                        anyHandler + `require("reader");` + reading,
		"app/package.json":                                     `{}`,
		"app/.env":                                             "OUTSIDE",
		"app/large.txt":                                        strings.Repeat("OUTSIDE ", 600_000),
		"app/node_modules/reader/index.js":                     reading,
		"app/node_modules/reader/.env":                         "OUTSIDE",
		"app/node_modules/reader/package.json":                 `{"name":"reader","version":"1.0.0"}`,
		"app/node_modules/reader/large.txt":                    strings.Repeat("OUTSIDE ", 600_000),
		"app/node_modules/reader/node_modules/own/outside.txt": "OUTSIDE",
		"app/node_modules/other/outside.txt":                   "OUTSIDE",
		"app/outside.txt":                                      "OUTSIDE",
		"other/outside.txt":                                    "OUTSIDE",
		"outside.txt":                                          "OUTSIDE",
	})
	top := src.Dir
	src.Dir = filepath.Join(top, "app")
	src.Code = []byte(anyHandler + `require("reader");` + reading)
	for _, dir := range []string{src.Dir, filepath.Join(src.Dir, "node_modules", "reader")} {
		for link, target := range map[string]string{"link.txt": "outside.txt", "folder": "other"} {
			if err := os.Symlink(filepath.Join(top, target), filepath.Join(dir, link)); err != nil {
				t.Fatal(err)
			}
		}
	}
	b, err := bundleOf(t, nil, src)
	if err != nil {
		t.Fatal(err)
	}
	if at := strings.Index(string(b.Code), "OUTSIDE"); at >= 0 {
		t.Errorf("the bundle holds such a file: %.200s", b.Code[max(0, at-100):])
	}
}
