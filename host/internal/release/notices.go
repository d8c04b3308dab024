package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/google/licensecheck"

	"github.com/usherhost/usher/host/release"
)

// runtimeFolder has the lockfile of what the JavaScript engine is made of.
const runtimeFolder = "host/jsbuild/runtime"

// licensesFolder has the licence and the manifest of each package of it, which are written
// when the engine is made.
const licensesFolder = "host/jsbuild/dist/licenses"

// packagesFolder begins the places in a lockfile.
const packagesFolder = "node_modules/"

// makeNotices writes what `usher licenses` prints into folder dir. Packages is the
// folder with the licences of what the lockfile describes.
func makeNotices(ctx context.Context, dir, packages string) error {
	list, err := components(ctx, packages)
	if err != nil {
		return err
	}
	text, err := json.Marshal(list)
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, release.NoticesFile), packed.Bytes(), 0o644)
}

// components returns everything of others that usher is made of, on any of the platforms.
func components(ctx context.Context, packages string) ([]release.Component, error) {
	modules, err := goModules(ctx)
	if err != nil {
		return nil, err
	}
	npm, err := npmPackages(packages)
	if err != nil {
		return nil, err
	}
	inside, err := parts()
	if err != nil {
		return nil, err
	}
	standard, err := goItself(ctx)
	if err != nil {
		return nil, err
	}
	list := slices.Concat([]release.Component{standard}, modules, npm, inside)
	for _, c := range list {
		if len(c.Notices) == 0 {
			return nil, fmt.Errorf("%s %s has no licence: find it, and put it into host/internal/release/supplement", c.Kind, c.Name)
		}
	}
	return list, nil
}

// goItself is Go's standard library and runtime, of which each program has parts.
func goItself(ctx context.Context) (release.Component, error) {
	c := release.Component{Kind: "go", Name: "std", Version: runtime.Version(), Source: "https://go.dev/LICENSE"}
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return c, fmt.Errorf("find Go's own licence: %w", err)
	}
	c.Notices, err = noticesIn(strings.TrimSpace(string(root)))
	c.License = spdx(c.Name, c.Notices)
	return c, err
}

// linked is what `go list` says of a linked package.
type linked struct {
	Dir    string
	Module *struct {
		Path, Version, Dir string
		Main               bool
		Replace            *struct{ Path, Version string }
	}
}

// goModules returns the modules that have a linked package, with the notices that stand
// beside these packages or above them.
func goModules(ctx context.Context) ([]release.Component, error) {
	folders := map[string]map[string]bool{} // of each module's linked packages
	found := map[string]release.Component{}
	roots := map[string]string{}
	for _, t := range targets {
		packages, err := listPackages(ctx, t)
		if err != nil {
			return nil, err
		}
		for _, p := range packages {
			m := p.Module
			if m == nil || m.Main {
				continue
			}
			if folders[m.Path] == nil {
				folders[m.Path] = map[string]bool{}
				found[m.Path], roots[m.Path] = release.Module(m.Path, m.Version), m.Dir
			}
			for dir := p.Dir; len(dir) >= len(m.Dir); dir = filepath.Dir(dir) {
				folders[m.Path][dir] = true
			}
		}
	}
	var list []release.Component
	for name, c := range found {
		for dir := range folders[name] {
			notices, err := noticesIn(dir)
			if err != nil {
				return nil, err
			}
			inside, err := filepath.Rel(roots[name], dir)
			if err != nil {
				return nil, err
			}
			for _, n := range notices {
				c.Notices = append(c.Notices, release.Notice{File: path.Join(filepath.ToSlash(inside), n.File), Text: n.Text})
			}
		}
		slices.SortFunc(c.Notices, func(a, b release.Notice) int { return cmp.Compare(a.File, b.File) })
		c.License = spdx(c.Name, c.Notices)
		list = append(list, c)
	}
	slices.SortFunc(list, byName)
	return list, nil
}

func listPackages(ctx context.Context, t target) (list []linked, err error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-deps", "-json=Dir,Module", "./host/cmd/usher")
	cmd.Env = append(os.Environ(), "GOOS="+t.os, "GOARCH="+t.arch, "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("list the packages of usher for %s: %w", t, err)
	}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p linked
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return list, nil
		} else if err != nil {
			return nil, fmt.Errorf("read what go list prints: %w", err)
		}
		list = append(list, p)
	}
}

// npmPackages returns the packages that the engine is made of: those of the lockfile
// that are not for its tests.
func npmPackages(dir string) (list []release.Component, err error) {
	var lock struct {
		Packages map[string]struct {
			Name, Version, License string
			Dev                    bool
		}
	}
	text, err := os.ReadFile(filepath.Join(runtimeFolder, "package-lock.json"))
	if err == nil {
		err = json.Unmarshal(text, &lock)
	}
	if err != nil {
		return nil, fmt.Errorf("read the runtime's lockfile: %w", err)
	}
	delete(lock.Packages, "") // the runtime itself
	for place, p := range lock.Packages {
		name := cmp.Or(p.Name, place[strings.LastIndex(place, packagesFolder)+len(packagesFolder):])
		if p.Dev {
			continue
		}
		c := release.Component{
			Kind: "npm", Name: name, Version: p.Version, License: strings.Trim(p.License, "()"),
			Source: "https://www.npmjs.com/package/" + name + "/v/" + p.Version,
		}
		folder := filepath.Join(dir, filepath.FromSlash(strings.TrimPrefix(place, packagesFolder)))
		if c.Notices, err = noticesOfPackage(folder); err != nil {
			return nil, fmt.Errorf("read the licence of %s: %w", name, err)
		}
		list = append(list, c)
	}
	slices.SortFunc(list, byName)
	return list, nil
}

// noticesOfPackage returns the notices in an npm package; one without a file of its own
// has what its package.json says.
func noticesOfPackage(dir string) ([]release.Notice, error) {
	notices, err := noticesIn(dir)
	if err != nil || len(notices) > 0 {
		return notices, err
	}
	var manifest struct{ License, Author any }
	text, err := os.ReadFile(filepath.Join(dir, "package.json"))
	if err == nil {
		err = json.Unmarshal(text, &manifest)
	}
	if err != nil || manifest.License == nil {
		return nil, err
	}
	said := fmt.Sprintf("The package has no file with its licence. Its package.json says:\n\nlicense: %v\nauthor: %v\n", manifest.License, manifest.Author)
	return []release.Notice{{File: "package.json", Text: said}}, nil
}

// isNotice is the name of a file with a licence or a notice.
var isNotice = regexp.MustCompile(`(?i)^(licen[cs]e|copying|copyright|notice|patents|unlicense)([-._].*)?$`)

// isCode is the name of a file that only looks like one.
var isCode = regexp.MustCompile(`(?i)\.(go|js|mjs|cjs|ts|json|s|c|h)$`)

// plain takes out what has no meaning on a terminal.
var plain = strings.NewReplacer("\r\n", "\n", "\f", "", "\ufeff", "")

// noticesIn returns the notices in a folder, by name.
func noticesIn(dir string) (list []release.Notice, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.IsDir() || !isNotice.MatchString(e.Name()) || isCode.MatchString(e.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		list = append(list, release.Notice{File: e.Name(), Text: plain.Replace(strings.ToValidUTF8(string(text), "\uFFFD"))})
	}
	return list, nil
}

// choice are the modules that may be used under one of several licences, whose
// words read as if all applied.
var choice = map[string]string{
	"kernel.org/pub/linux/libs/security/libcap/psx": "BSD-3-Clause OR GPL-2.0-only",
}

// spdx returns the licences that notices have the words of; "" when none is known.
func spdx(name string, notices []release.Notice) string {
	if license, ok := choice[name]; ok {
		return license
	}
	var found []string
	for _, n := range notices {
		for _, match := range licensecheck.Scan([]byte(n.Text)).Match {
			if !match.IsURL && match.ID != "GooglePatentsFile" && !slices.Contains(found, match.ID) {
				found = append(found, match.ID)
			}
		}
	}
	slices.Sort(found)
	return strings.Join(found, " AND ")
}

func byName(a, b release.Component) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version))
}
