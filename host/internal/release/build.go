package main

import (
	"context"
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// origin is what a release is built from.
type origin struct {
	version string // "v1.2.3", or a pseudo-version as the go command makes them
	commit  string
	date    time.Time // of the commit; each file in a release has it
}

// originOf reads the checkout: the tag at its commit, and without one the pseudo-version.
func originOf(ctx context.Context) (o origin, err error) {
	described, err := git(ctx, "show", "-s", "--format=%H %cI", "HEAD")
	if err != nil {
		return o, err
	}
	commit, date, _ := strings.Cut(described, " ")
	if o.date, err = time.Parse(time.RFC3339, date); err != nil {
		return o, fmt.Errorf("read the date of commit %s: %w", commit, err)
	}
	o.date, o.commit = o.date.UTC(), commit
	tags, err := git(ctx, "tag", "--points-at", "HEAD", "--list", "v*", "--sort=-v:refname")
	if err != nil {
		return o, err
	}
	o.version, _, _ = strings.Cut(tags, "\n")
	if o.version == "" {
		o.version = "v0.0.0-" + o.date.Format("20060102150405") + "-" + commit[:12]
	}
	changed, err := git(ctx, "status", "--porcelain", "--untracked-files=no")
	if changed != "" {
		o.version += "+dirty"
	}
	return o, err
}

func git(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "git", args...).Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w", strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}

// number is the version without its "v", as packages and files have it.
func (o origin) number() string { return strings.TrimPrefix(o.version, "v") }

// build builds the command for a platform into a file, statically and reproducibly:
// without paths of this machine, and with version, commit and date of o.
func build(ctx context.Context, o origin, t target, file string, args ...string) error {
	const vars = "github.com/usherhost/usher/host/release."
	flags := fmt.Sprintf("-s -w -X %[1]sversion=%[2]s -X %[1]scommit=%[3]s -X %[1]sdate=%[4]s", vars, o.version, o.commit, o.date.Format(time.RFC3339))
	args = append([]string{"build", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", file}, args...)
	cmd := exec.CommandContext(ctx, "go", append(args, "./host/cmd/usher")...) //nolint:gosec // arguments of this program
	cmd.Env = append(os.Environ(), "GOOS="+t.os, "GOARCH="+t.arch, "CGO_ENABLED=0")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("build for %s: %w", t, err)
	}
	if t.os == "linux" {
		return checkStatic(file)
	}
	return nil
}

// checkStatic fails for a program that needs another file to run.
func checkStatic(file string) error {
	f, err := elf.Open(file)
	if err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	defer func() { _ = f.Close() }() // it was read
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return fmt.Errorf("%s is not static: it needs a dynamic linker", file)
		}
	}
	return nil
}

// shells are those with completions, and the names of their files.
var shells = map[string]string{"bash": "usher.bash", "zsh": "_usher", "fish": "usher.fish"}

// buildDocuments writes what is the same on all platforms into dir: completions, manual
// pages and notices. They are printed by the command itself, built for this machine.
func buildDocuments(ctx context.Context, o origin, dir string) error {
	command := filepath.Join(dir, "usher")
	if err := build(ctx, o, thisMachine, command, "-tags", "man"); err != nil {
		return err
	}
	for _, sub := range []string{"completions", "man"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return err
		}
	}
	for shell, name := range shells {
		if err := printed(ctx, filepath.Join(dir, "completions", name), command, "completion", shell); err != nil {
			return err
		}
	}
	if _, err := exec.CommandContext(ctx, command, "man", filepath.Join(dir, "man")).Output(); err != nil {
		return fmt.Errorf("write the manual pages: %w", err)
	}
	if err := printed(ctx, filepath.Join(dir, "NOTICES"), command, "licenses"); err != nil {
		return err
	}
	return os.Remove(command)
}

// printed writes what a command prints to a file.
func printed(ctx context.Context, file, command string, args ...string) error {
	out, err := exec.CommandContext(ctx, command, args...).Output()
	if err != nil {
		return fmt.Errorf("usher %s: %w", strings.Join(args, " "), err)
	}
	return os.WriteFile(file, out, 0o644)
}
