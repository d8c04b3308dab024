package release

import (
	"compress/gzip"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"runtime/debug"
)

// Component is a part of the program that others wrote.
type Component struct {
	Kind    string   `json:"kind"` // "go": a module; "npm": a package; "part": something inside one of these
	Name    string   `json:"name"`
	Version string   `json:"version,omitempty"`
	License string   `json:"license,omitempty"` // SPDX; "" when it is known by its notices alone
	Source  string   `json:"source"`            // an address where it can be read
	Notices []Notice `json:"notices,omitempty"`
}

// Notice is a file with a licence or a notice.
type Notice struct {
	File string `json:"file"`
	Text string `json:"text"`
}

// NoticesFile is what `task notices` makes in folder dist: the components in JSON,
// compressed.
const NoticesFile = "notices.json.gz"

//go:embed all:dist
var embeddedFiles embed.FS

// Components returns everything of others that is in the program, with its notices.
// Whole is false for a build without notices, as `go install` makes: then the list has
// the Go modules, and their addresses.
func Components() (list []Component, whole bool, err error) {
	f, err := embeddedFiles.Open("dist/" + NoticesFile)
	if err != nil { // it is not there: an embedded file can always be read
		return modules(), false, nil
	}
	defer func() { _ = f.Close() }() // it was read
	list, err = readNotices(f)
	return list, err == nil, err
}

func readNotices(f fs.File) (list []Component, err error) {
	unpacked, err := gzip.NewReader(f)
	if err == nil {
		err = json.NewDecoder(unpacked).Decode(&list)
	}
	if err != nil {
		return nil, fmt.Errorf("read the embedded notices: %w", err)
	}
	return list, nil
}

// modules returns the Go modules that the go command says are linked.
func modules() []Component {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	var list []Component
	for _, m := range info.Deps {
		list = append(list, Module(m.Path, m.Version))
	}
	return list
}

// Module returns a Go module as a component without notices.
func Module(path, version string) Component {
	return Component{Kind: "go", Name: path, Version: version, Source: "https://pkg.go.dev/" + path + "@" + version + "?tab=licenses"}
}
