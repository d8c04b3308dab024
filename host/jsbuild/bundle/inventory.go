package bundle

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/jsbuild/npm"
)

// Sizes of a bundle. Code takes three to four times its size in a run's
// memory, so a bundle at the limit fits the default memory limit.
const (
	MaxBytes   = 12 << 20
	heavyBytes = 3 << 19 // from here on a warning names the large packages
)

// limit refuses a bundle that is over the limit.
func (inv inventory) limit(size int) error {
	if size <= MaxBytes {
		return nil
	}
	return failure(host.BuildMessage{
		Text: fmt.Sprintf("the action and its packages are %s of code, over the limit of %s; %s", mebibytes(size), mebibytes(MaxBytes), inv.largest()),
		Hint: HintLighter,
	})
}

// heavy warns about a bundle that makes a large module.
func (inv inventory) heavy(size int) []host.BuildMessage {
	if size < heavyBytes || size > MaxBytes {
		return nil
	}
	return []host.BuildMessage{{
		Text: fmt.Sprintf("the action and its packages are %s of code; %s", mebibytes(size), inv.largest()),
		Hint: HintLighter,
	}}
}

// HintLighter is the hint on a bundle that takes too much memory.
const HintLighter = "import only the part that the action needs, as in require(\"package/part\"), or call the service with fetch"

// largest names the packages that most of the code comes from.
func (inv inventory) largest() string {
	dirs := slices.SortedFunc(maps.Keys(inv.bytes), func(a, b string) int {
		return cmp.Or(cmp.Compare(inv.bytes[b], inv.bytes[a]), strings.Compare(a, b))
	})
	var parts []string
	for _, dir := range dirs[:min(len(dirs), 3)] {
		parts = append(parts, fmt.Sprintf("%s %s", inv.names[dir].Name, mebibytes(inv.bytes[dir])))
	}
	if parts == nil {
		return "all of it the action's own"
	}
	return "most of it from " + strings.Join(parts, ", ")
}

func mebibytes(size int) string {
	return fmt.Sprintf("%.1f MiB", float64(size)/(1<<20))
}

// calledByName finds calls with the name of a module of Node alone: what
// process.getBuiltinModule, or a function that createRequire made, may be called with.
var calledByName = regexp.MustCompile(`[\w$)\]]\(["'](?:node:)?([a-z_0-9/]+)["']\)`)

// named returns the modules of Node that a bundle may ask for by other functions than
// require, if it has any.
func named(code []byte) []string {
	if !bytes.Contains(code, []byte("getBuiltinModule")) && !bytes.Contains(code, []byte("createRequire")) {
		return nil
	}
	var names []string
	for _, m := range calledByName.FindAllSubmatch(code, -1) {
		if name := string(m[1]); builtins[name] || prefixed[name] {
			names = append(names, name)
		}
	}
	return names
}

// inventory lists what a bundle holds.
type inventory struct {
	packages []Package
	builtins []string
	bytes    map[string]int // of each package's code in the bundle, by its folder
	names    map[string]Package
}

// inventory reads esbuild's metafile. It lists only code that is in the bundle, not
// code that esbuild left out as unused.
func (j *job) inventory(meta metafile) inventory {
	inv := inventory{bytes: map[string]int{}, names: map[string]Package{}}
	for _, out := range meta.Outputs {
		for name, share := range out.Inputs {
			file := filepath.Join(j.root, filepath.FromSlash(name))
			if dir := npm.PackageDir(file); dir != "" && share.Bytes > 0 {
				inv.bytes[dir] += share.Bytes
			}
			for _, imp := range meta.Inputs[name].Imports {
				if builtin, ok := builtinOf(imp.Path); (ok || builtin == runtimeUndici || imp.Path == hostModule) && imp.External && share.Bytes > 0 {
					inv.builtins = append(inv.builtins, builtin)
				}
			}
		}
	}
	for dir := range inv.bytes {
		p := Package{Name: npm.PackageName(dir)}
		if m := j.pkgs.In(dir); m != nil && m.Name != "" {
			p = Package{m.Name, m.Version}
		}
		inv.names[dir] = p
		inv.packages = append(inv.packages, p)
	}
	slices.SortFunc(inv.packages, func(a, b Package) int {
		return strings.Compare(a.Name+"@"+a.Version, b.Name+"@"+b.Version)
	})
	inv.packages = slices.Compact(inv.packages)
	return inv
}
