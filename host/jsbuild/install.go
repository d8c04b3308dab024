package jsbuild

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/usherhost/usher/host"
)

// installer puts packages into a folder. [Packages] is one.
type installer interface {
	install(ctx context.Context, all []requirement) (dir string, err error)
}

// install puts the packages that the action lists into a folder, and beside
// them the versions that its imports name and the folder has not.
func (j *job) install(ctx context.Context, p installer) error {
	if err := j.fetch(ctx, p, nil); err != nil {
		return err
	}
	var more []requirement
	for _, s := range j.survey.versioned {
		if m := j.pkgs.of(s.name, j.source()); j.source() != "" && m != nil && fits(s.version, m.Version) {
			continue
		}
		j.aliases[s.name+"@"+s.version] = s.alias()
		more = append(more, requirement{Folder: s.alias(), Dependency: host.Dependency{Name: s.name, Version: s.version}})
	}
	if more == nil {
		return nil
	}
	return j.fetch(ctx, p, more)
}

// source is the folder from which the author's files find packages.
func (j *job) source() string {
	if j.listed() {
		return j.installed
	}
	return j.root
}

// fetch installs the listed packages and more.
func (j *job) fetch(ctx context.Context, p installer, more []requirement) error {
	all := make([]requirement, 0, len(j.src.Dependencies)+len(more))
	for _, d := range j.src.Dependencies {
		all = append(all, requirement{Folder: d.Name, Dependency: d})
	}
	all = append(append(all, j.sharedModuleRequirements()...), more...)
	if len(all) == 0 {
		return nil
	}
	dir, err := p.install(ctx, all)
	if err != nil {
		return err
	}
	if j.installed, err = filepath.EvalSymlinks(dir); err != nil {
		return fmt.Errorf("find the installed packages: %w", err)
	}
	if j.closed() {
		j.move(j.installed)
	}
	return nil
}

// move puts an action without a folder beside its packages: what esbuild calls
// them in the code then says nothing of this machine, and is the same on all.
func (j *job) move(root string) {
	j.root = root
	j.entry = filepath.Join(root, filepath.Base(j.entry))
	for i := range j.survey.targets {
		j.survey.targets[i].importer = j.entry
	}
}
