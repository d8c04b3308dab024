package npm

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/jsbuild/npm/locked"
)

// installHere installs a request where there is no npm: without machine code, and
// without what an .npmrc says.
func (p *Packages) installHere(ctx context.Context, dir string, r request) error {
	limited, stop := context.WithTimeout(ctx, cmp.Or(p.Timeout, 2*time.Minute))
	defer stop()
	packages, err := p.resolve(limited, r)
	if err == nil {
		i := locked.Installation{MaxBytes: cmp.Or(p.MaxBytes, maxInstalledBytes), MaxFiles: cmp.Or(p.MaxFiles, maxInstalledFiles)}
		err = i.Install(limited, packages, dir)
	}
	if ctx.Err() != nil {
		return fmt.Errorf("install packages: %w", ctx.Err())
	}
	if limited.Err() != nil {
		return unreachableRegistry(r, "it did not answer in time")
	}
	if wrong, ok := errors.AsType[*locked.Problem](err); ok {
		return explainProblem(r, wrong)
	}
	if err != nil {
		return err
	}
	return writeLockfile(dir, r, packages)
}

// explainProblem turns an error into one that the action's author can act on.
func explainProblem(r request, wrong *locked.Problem) error {
	switch wrong.Kind {
	case locked.Malformed:
		return failure(host.BuildMessage{Text: fmt.Sprintf("package %s can't be unpacked: %v", wrong.Package, wrong.Err), Hint: fewer})
	case locked.Changed:
		return failure(host.BuildMessage{
			Text: fmt.Sprintf("package %s does not match the checksum in its registry: %v", wrong.Package, wrong.Err),
			Hint: "try again; if it fails again, the registry or a cache in front of it is broken",
		})
	default:
		return unreachableRegistry(r, wrong.Package.String()+": "+wrong.Err.Error())
	}
}

// writeLockfile writes the package-lock.json by which the cache knows what is installed.
func writeLockfile(dir string, r request, packages []locked.Package) error {
	all := map[string]any{"": r.manifest()}
	for _, p := range packages {
		all[p.Path] = map[string]any{"name": p.Name, "version": p.Version, "resolved": p.Address, "integrity": p.Integrity}
	}
	text, err := json.MarshalIndent(map[string]any{"name": "action", "version": "0.0.0", "lockfileVersion": 3, "packages": all}, "", "  ")
	if err != nil {
		return fmt.Errorf("write package-lock.json: %w", err)
	}
	return os.WriteFile(filepath.Join(dir, "package-lock.json"), append(text, '\n'), 0o600)
}
