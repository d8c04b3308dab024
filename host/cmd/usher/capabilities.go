package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
)

func newVersionsShow(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "show ACTION NUMBER",
		Short: "Show what a version can do, and what it did: imports, hosts, secrets",
		Args:  exactly("ACTION", "NUMBER"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.client()
			if err != nil {
				return err
			}
			found, err := c.Capabilities(cmd.Context(), args[0], strings.TrimPrefix(args[1], "v"))
			if err != nil {
				return err
			}
			return a.term.answer(found, func(w io.Writer) { a.printCapabilities(w, found) })
		},
	}
}

func (a *app) printCapabilities(w io.Writer, found host.Capabilities) {
	imports := make([]string, len(found.Imports))
	for i, f := range found.Imports {
		imports[i] = f.Module + "." + f.Name
	}
	declared := join(found.Egress.Declared)
	if found.Egress.Mode == host.EgressPublic {
		declared = "every public address"
	}
	a.term.pairs(w, "version", fmt.Sprintf("v%d, %s", found.Number, found.VersionID), "digest", found.Digest,
		"imports", join(imports), "asks to reach", cmp.Or(declared, "nothing"), "asks for secrets", cmp.Or(join(found.Secrets.Declared), "none"))
	fprintf(w, "\nin its latest %s:\n", count(found.Looked, "execution"))
	a.term.pairs(w, "called", cmp.Or(join(found.Functions), "nothing"), "read secrets", cmp.Or(join(found.Secrets.Read), "none"))
	if len(found.Egress.Contacted) == 0 {
		fprintln(w, "it has sent no requests so far")
		return
	}
	fprintln(w)
	a.reachTable(w, found.Egress.Contacted)
}
