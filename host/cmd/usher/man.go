//go:build man

package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/release"
)

// manCommands returns `usher man DIR`, which writes the manual pages. The release tool
// builds the command with tag man for it: what formats them is not in what is released.
func manCommands(*command.Env) []*cobra.Command {
	return []*cobra.Command{{
		Use: "man DIR", Short: "Write the manual pages to DIR", Hidden: true, Args: command.Exactly("DIR"),
		Annotations: map[string]string{command.WithoutConfig: "true"},
		RunE: func(cmd *cobra.Command, args []string) error {
			b := release.ThisBuild()
			date, err := time.Parse(time.RFC3339, b.Date)
			if err != nil {
				return fmt.Errorf("read the date of this build: %w", err)
			}
			cmd.Root().DisableAutoGenTag = true
			return doc.GenManTree(cmd.Root(), &doc.GenManHeader{Section: "1", Source: "usher " + b.Version, Manual: "Usher", Date: &date}, args[0])
		},
	}}
}
