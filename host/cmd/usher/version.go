package main

import (
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
)

// versionInfo identifies this build.
type versionInfo struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func newVersion(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:         "version",
		Short:       "Print the version of this program",
		Args:        command.Exactly(),
		Annotations: map[string]string{command.WithoutConfig: "true"},
		RunE: func(*cobra.Command, []string) error {
			v := thisBuild()
			return env.Term.Answer(v, func(w io.Writer) {
				term.Fprintf(w, "usher %s", v.Version)
				if v.Revision != "" {
					term.Fprintf(w, " (%s)", v.Revision)
				}
				term.Fprintf(w, " %s %s\n", v.Go, v.Platform)
			})
		},
	}
}

func thisBuild() versionInfo {
	v := versionInfo{Version: "devel", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value[:min(len(s.Value), 12)]
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}
