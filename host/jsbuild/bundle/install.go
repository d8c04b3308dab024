package bundle

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/jsbuild/npm"
)

// install installs the packages that the action lists, and beside them the versions
// that its imports name and that are not installed yet.
func (j *job) install(ctx context.Context, p Installer) error {
	if err := j.fetch(ctx, p, nil); err != nil {
		return err
	}
	var more []npm.Requirement
	for _, s := range j.survey.versioned {
		if m := j.pkgs.Of(s.Name, j.source()); j.source() != "" && m != nil && npm.Fits(s.Version, m.Version) {
			continue
		}
		j.aliases[s.Name+"@"+s.Version] = s.Alias()
		more = append(more, npm.Requirement{Folder: s.Alias(), Dependency: host.Dependency{Name: s.Name, Version: s.Version}})
	}
	if more == nil {
		return nil
	}
	return j.fetch(ctx, p, more)
}

// source returns the folder from which the author's files find packages.
func (j *job) source() string {
	if j.listed() {
		return j.installed
	}
	return j.root
}

// fetch installs the listed packages and more.
func (j *job) fetch(ctx context.Context, p Installer, more []npm.Requirement) error {
	all := make([]npm.Requirement, 0, len(j.src.Dependencies)+len(more))
	for _, d := range j.src.Dependencies {
		all = append(all, npm.Requirement{Folder: d.Name, Dependency: d})
	}
	all = append(append(all, j.sharedModulesPackages()...), more...)
	if len(all) == 0 {
		return nil
	}
	dir, err := p.Install(ctx, all)
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

// move puts an action without a folder beside its packages. Their paths in the
// bundle are then relative, so the bundle is the same on every machine.
func (j *job) move(root string) {
	j.root = root
	j.entry = filepath.Join(root, filepath.Base(j.entry))
	for i := range j.survey.targets {
		j.survey.targets[i].importer = j.entry
	}
}
