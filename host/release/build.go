// Package release says what this program is: its version, the commit and the engine that
// it was made of, and the notices of everything of others that is in it.
package release

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/usherhost/usher/host/jsbuild/dist"
)

// Set by the release tool (-ldflags "-X ..."); a build from a checkout has the stamp of
// its version control instead.
var version, commit, date string

// commitDigits is how much of a commit's digest is shown.
const commitDigits = 12

// Build identifies this program.
type Build struct {
	Version  string   `json:"version"`            // "v1.2.3", a commit's pseudo-version, or "devel"
	Commit   string   `json:"commit,omitempty"`   // the first 12 digits; "" when it is not known
	Modified bool     `json:"modified,omitempty"` // the checkout differed from the commit
	Date     string   `json:"date,omitempty"`     // of the commit, as RFC 3339 writes it
	Go       string   `json:"go"`
	Platform string   `json:"platform"` // "linux/amd64"
	Embedded Embedded `json:"embedded"`
}

// Embedded are the digests of what the program embeds or has made to run JavaScript, each "sha256:"
// and hexadecimal digits; "" of a program without it.
type Embedded struct {
	Engine    string `json:"engine,omitempty"`    // QuickJS with the runtime in its memory
	Runtime   string `json:"runtime,omitempty"`   // the runtime's parts that some actions add
	Languages string `json:"languages,omitempty"` // languages and time zones
}

// ThisBuild returns what this program is.
func ThisBuild() Build {
	b := Build{Version: version, Commit: commit, Date: date, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		b.stamp(info)
	}
	b.Version = cmp.Or(b.Version, "devel")
	b.Commit = b.Commit[:min(len(b.Commit), commitDigits)]
	b.Embedded = embedded()
	return b
}

// stamp fills what the release tool did not set from what the go command wrote.
func (b *Build) stamp(info *debug.BuildInfo) {
	if info.Main.Version != "(devel)" {
		b.Version = cmp.Or(b.Version, info.Main.Version)
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = cmp.Or(b.Commit, s.Value)
		case "vcs.time":
			b.Date = cmp.Or(b.Date, s.Value)
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	b.Modified = b.Modified || strings.HasSuffix(b.Version, "+dirty")
}

// embedded reads the digests of what is embedded.
func embedded() (e Embedded) {
	if engine, err := dist.Engine(); err == nil {
		e.Engine = digest(engine)
	}
	if languages, err := dist.Intl(); err == nil {
		e.Languages = digest(languages)
	}
	if runtime, err := runtimeParts(); err == nil {
		e.Runtime = digest(runtime)
	}
	return e
}

// runtimeParts returns the list of the runtime's parts, and the scripts that it names.
func runtimeParts() ([]byte, error) {
	list, err := dist.Parts()
	if err != nil {
		return nil, err
	}
	var parts []struct{ Chunks []string }
	if err := json.Unmarshal(list, &parts); err != nil {
		return nil, fmt.Errorf("read the list of the runtime's parts: %w", err)
	}
	for _, part := range parts {
		for _, name := range part.Chunks {
			chunk, err := dist.Chunk(name)
			if err != nil {
				return nil, err
			}
			list = append(list, chunk...)
		}
	}
	return list, nil
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return "sha256:" + hex.EncodeToString(sum[:])
}
