package main

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/client"
)

// tightenFlags are the flags of `usher egress tighten`.
type tightenFlags struct {
	client.Tightening
	yes bool
}

func newEgressTighten(a *app) *cobra.Command {
	var f tightenFlags
	cmd := &cobra.Command{
		Use:   "tighten ACTION",
		Short: "Let an action reach only where it has sent requests so far",
		Long: `Show where an action's deployed version has sent requests, and make that list all
that its binding allows. Nothing is done before the list was confirmed, or --yes
given. What the version itself declares stays allowed.`,
		Example: `  usher egress tighten notify-slack
  usher egress tighten notify-slack --all-versions --yes`,
		Args: exactly("ACTION"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.tighten(cmd, args[0], f) },
	}
	cmd.Flags().BoolVar(&f.AllVersions, "all-versions", false, "go by what every version contacted, not the deployed one alone")
	cmd.Flags().BoolVar(&f.Force, "force", false, "also when nothing was contacted yet, or not everything can be listed")
	addYes(cmd, &f.yes)
	return cmd
}

func (a *app) tighten(cmd *cobra.Command, action string, f tightenFlags) error {
	c, err := a.client()
	if err != nil {
		return err
	}
	report, err := c.Egress(cmd.Context(), action, f.AllVersions)
	if err != nil {
		return err
	}
	if !a.term.json {
		a.printEgress(a.term.err, report)
	}
	if !f.yes {
		if err := a.confirm("allow only this?"); err != nil {
			return err
		}
	}
	f.Expect = notNil(report.Tightened)
	if report, err = c.TightenEgress(cmd.Context(), action, f.Tightening); err != nil {
		return err
	}
	return a.term.answer(report, func(w io.Writer) {
		fprintf(w, "%s may reach %s\n", report.Action, reach(report))
	})
}

// printEgress shows what tightening would do.
func (a *app) printEgress(w io.Writer, report host.EgressReport) {
	a.term.pairs(w, "action", report.Action, "may reach now", reach(report), "declared", join(report.Declared))
	if len(report.Contacted) > 0 {
		fprintln(w)
		a.reachTable(w, report.Contacted)
	}
	fprintln(w)
	if len(report.Tightened) == 0 {
		fprintln(w, "nothing was contacted so far: tightened, it may reach what its version declares alone")
	}
	for _, origin := range report.Tightened {
		fprintln(w, a.term.green("+ "+origin))
	}
	for _, origin := range report.LeftOut {
		fprintln(w, a.term.red("- "+origin)+" was contacted, and can't stand in a list")
	}
}

func (a *app) reachTable(w io.Writer, contacted []host.OriginUse) {
	rows := make([][]string, len(contacted))
	for i, r := range contacted {
		rows[i] = []string{r.Origin, strconv.FormatInt(r.Requests, 10), shortTime(r.FirstAt), shortTime(r.LastAt)}
	}
	a.term.table(w, []string{"REACHED", "REQUESTS", "FIRST", "LAST"}, rows)
}

// reach says in words where an action may send requests.
func reach(report host.EgressReport) string {
	allowed := slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(report.Allow), report.Declared...))))
	switch {
	case report.Mode == host.EgressPublic:
		return "every public address"
	case len(allowed) == 0:
		return "nothing"
	}
	return strings.Join(allowed, ", ")
}
