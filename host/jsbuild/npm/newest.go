package npm

import (
	"context"
	"encoding/json"
	"os"
)

// Newest returns the version of a package that the registry has under the tag latest,
// and "latest" itself when it does not answer, or offline.
func (p *Packages) Newest(ctx context.Context, name string) string {
	const tag = "latest"
	if p.Offline || len(name) > maxPackageName || !packageForm.MatchString(name) {
		return tag
	}
	dir, err := os.MkdirTemp("", "usher-npm-*")
	if err != nil {
		return tag
	}
	defer func() { _ = os.RemoveAll(dir) }()
	out, err := p.npm(ctx, dir, request{registry: p.Registry}, "view", name+"@"+tag, "version", "--json", "--loglevel=error",
		"--no-update-notifier", "--fetch-retries=1", "--fetch-retry-mintimeout=250", "--fetch-retry-maxtimeout=1000")
	var version string
	if err != nil || json.Unmarshal(out, &version) != nil || !exactVersion(version) {
		return tag
	}
	return version
}
