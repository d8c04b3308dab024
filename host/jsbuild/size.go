package jsbuild

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/usherhost/usher/host"
)

// Sizes of a bundle. Code takes three to four times its size in a run's
// memory, so a bundle at the limit fits the default memory limit.
const (
	MaxBundleBytes   = 8 << 20
	heavyBundleBytes = 3 << 19 // from here a warning says what is large
)

// limit refuses a bundle that is over the limit.
func (inv inventory) limit(size int) error {
	if size <= MaxBundleBytes {
		return nil
	}
	return &host.BuildFailure{Messages: []host.BuildMessage{{
		Text: fmt.Sprintf("the action and its packages are %s of code, over the limit of %s; %s", mebibytes(size), mebibytes(MaxBundleBytes), inv.largest()),
		Hint: lighter,
	}}}
}

// weigh warns of a bundle that makes a heavy module.
func (inv inventory) weigh(size int) []host.BuildMessage {
	if size < heavyBundleBytes || size > MaxBundleBytes {
		return nil
	}
	return []host.BuildMessage{{
		Text: fmt.Sprintf("the action and its packages are %s of code; %s", mebibytes(size), inv.largest()),
		Hint: lighter,
	}}
}

// slow are packages that compute more than a run has fuel for, with what to use
// instead.
var slow = map[string]string{
	"bcryptjs": "hash with scrypt or pbkdf2 of node:crypto, which the host computes",
}

// tire warns of packages that are too slow.
func (inv inventory) tire() []host.BuildMessage {
	var list []host.BuildMessage
	for _, p := range inv.packages {
		if instead := slow[p.Name]; instead != "" {
			list = append(list, host.BuildMessage{Text: fmt.Sprintf("package %q computes in JavaScript what takes more fuel than a run has", p.Name), Hint: instead})
		}
	}
	return list
}

const lighter = "import only the part that the action needs, as in require(\"package/part\"), or call the service with fetch"

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
