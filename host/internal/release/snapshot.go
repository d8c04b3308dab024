package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/usherhost/usher/host/release"
)

// snapshot makes a whole release in dir, which must not have files: archives, packages,
// the bill of materials and checksums.
func snapshot(ctx context.Context, dir string, chosen []target) error {
	list, whole, err := release.Components()
	if err != nil {
		return err
	}
	if !whole {
		return errors.New("the notices are not made: run 'task notices'")
	}
	o, err := originOf(ctx)
	if err != nil {
		return err
	}
	if err := emptyDir(dir); err != nil {
		return err
	}
	stage, err := os.MkdirTemp("", "usher-release")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(stage) }() // of this run
	say("usher %s: completions, manual pages, notices", o.version)
	if err := stageDocuments(ctx, o, stage); err != nil {
		return err
	}
	for _, t := range chosen {
		say("usher %s for %s", o.version, t)
		if err := makeTarget(ctx, o, t, stage, dir); err != nil {
			return err
		}
	}
	if err := writeBOM(o, list, filepath.Join(dir, "usher_"+o.number()+".cdx.json")); err != nil {
		return err
	}
	return checksums(dir, "usher_"+o.number()+"_checksums.txt")
}

func say(format string, args ...any) { fmt.Fprintf(os.Stderr, "release: "+format+"\n", args...) }

func emptyDir(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // it is published
		return err
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		return errors.Join(err, fmt.Errorf("the folder %s is not empty", dir))
	}
	return nil
}

// stageDocuments makes the documents, and the compressed ones that packages have.
func stageDocuments(ctx context.Context, o origin, stage string) error {
	if err := buildDocuments(ctx, o, stage); err != nil {
		return err
	}
	pages, err := filesIn(filepath.Join(stage, "man"))
	if err != nil {
		return err
	}
	for _, page := range pages {
		if err := compress(filepath.Join(stage, "man", page)); err != nil {
			return err
		}
	}
	return compress(filepath.Join(stage, "NOTICES"))
}

// makeTarget builds for one platform, and packs it.
func makeTarget(ctx context.Context, o origin, t target, stage, dir string) error {
	binary := filepath.Join(stage, "usher")
	if err := build(ctx, o, t, binary); err != nil {
		return err
	}
	paths := []string{"usher", "LICENSE", "NOTICES"}
	sources := map[string]string{"usher": binary, "LICENSE": "LICENSE", "NOTICES": filepath.Join(stage, "NOTICES")}
	add := func(folder, from string, only func(string) bool) error {
		names, err := filesIn(from)
		for _, name := range names {
			if only(name) {
				paths = append(paths, folder+"/"+name)
				sources[folder+"/"+name] = filepath.Join(from, name)
			}
		}
		return err
	}
	err := errors.Join(
		add("completions", filepath.Join(stage, "completions"), func(string) bool { return true }),
		add("man", filepath.Join(stage, "man"), func(name string) bool { return filepath.Ext(name) == ".1" }),
	)
	if t.os == "linux" {
		err = errors.Join(err, add("systemd", "host/deploy/systemd", func(name string) bool { return filepath.Ext(name) != "" }))
	}
	if err != nil {
		return err
	}
	name := fmt.Sprintf("usher_%s_%s_%s", o.number(), t.os, t.arch)
	if err := archive(filepath.Join(dir, name+".tar.gz"), name, o.date, paths, sources); err != nil || t.os != "linux" {
		return err
	}
	for _, format := range []string{"deb", "rpm"} {
		if err := makePackage(ctx, o, t, format, stage, dir); err != nil {
			return err
		}
	}
	return nil
}

// makePackage makes a deb or an rpm, with nfpm at the version that .tools/release pins.
func makePackage(ctx context.Context, o origin, t target, format, stage, dir string) error {
	cmd := exec.CommandContext(ctx, "go", "tool", "-modfile=.tools/release/go.mod", "nfpm", //nolint:gosec // arguments of this program
		"package", "--config", "host/deploy/package/nfpm.yaml", "--packager", format, "--target", dir)
	cmd.Env = append(os.Environ(), "VERSION="+strings.TrimSuffix(o.number(), "+dirty"), "ARCH="+t.arch, "STAGE="+stage,
		"DATE="+o.date.Format(time.RFC3339), fmt.Sprintf("SOURCE_DATE_EPOCH=%d", o.date.Unix()))
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("make the %s for %s: %w\n%s", format, t, err, out)
	}
	return nil
}
