package cli

import (
	"context"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/client"
	"github.com/usherhost/usher/host/desired"
	"github.com/usherhost/usher/host/egress"
	"github.com/usherhost/usher/host/settings"
)

func newEgress(env *command.Env) *cobra.Command {
	return command.Parent("egress", "Show and narrow where actions may send requests", command.GroupWork, newEgressExplain(env), newEgressTighten(env))
}

func newEgressExplain(env *command.Env) *cobra.Command {
	var allow []string
	var public bool
	var f command.RouteFlags
	cmd := &cobra.Command{
		Use:   "explain URL",
		Short: "Check whether an action could send a request to URL, and by which rule",
		Long: `Check whether an action with these allowed hosts could send a request to URL from
this machine, and print the rule and what to change. Names are resolved; nothing
is sent. Exits with code 5 when the request would be refused.`,
		Example: `  usher egress explain https://hooks.slack.com/services/x --allow hooks.slack.com
  usher egress explain http://10.0.0.7:8080 --allow http://10.0.0.7:8080 --allow-network 10.0.0.0/8`,
		Args: command.Exactly("URL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			policy := host.Egress{Mode: host.EgressAllowlist, Allow: allow}
			if public {
				policy.Mode = host.EgressPublic
			}
			route, err := f.Egress()
			if err != nil {
				return err
			}
			policy.Proxy = route.Proxy
			return explain(cmd.Context(), env, policy, args[0])
		},
	}
	cmd.Flags().StringArrayVar(&allow, "allow", nil, "origin that the action may call; repeatable")
	cmd.Flags().BoolVar(&public, "allow-public", false, "allow every public address, as egress mode public does")
	f.AddProxy(cmd.Flags())
	settings.AddFlag(cmd.Flags(), "allow-network")
	settings.AddFlag(cmd.Flags(), "allow-proxy")
	return cmd
}

func explain(ctx context.Context, env *command.Env, policy host.Egress, url string) error {
	client := &egress.Client{AllowNetworks: env.Config.AllowNetworks, AllowProxies: env.Config.AllowProxies}
	defer client.Close()
	explanation := client.Explain(ctx, policy, url)
	if err := env.Term.Answer(explanation, func(w io.Writer) { term.Fprintln(w, term.Block(explanation.String())) }); err != nil {
		return err
	}
	if !explanation.Allowed {
		hintAt(env.Term, explanation)
		return term.SilentExit(term.ExitRefused)
	}
	return nil
}

// hintAt names the command that would allow the request.
func hintAt(t term.Terminal, e egress.Explanation) {
	switch {
	case t.JSON:
	case e.Network != "":
		t.Note("usher: hint: an operator can allow that network: usher serve --allow-network %s", e.Network)
	case e.Failure.Proxy != "":
		t.Note("usher: hint: an operator can allow that proxy: usher serve --allow-proxy %s", e.Failure.Proxy)
	case e.Failure.Origin != "":
		t.Note("usher: hint: add it to settings.egress.allow in %s, or: usher bindings set ACTION --allow %s", desired.FileName, e.Failure.Origin)
	}
}

// tightenFlags are the flags of `usher egress tighten`.
type tightenFlags struct {
	client.Tightening
	yes bool
}

func newEgressTighten(env *command.Env) *cobra.Command {
	var f tightenFlags
	cmd := &cobra.Command{
		Use:   "tighten ACTION",
		Short: "Allow an action only the origins that it has contacted",
		Long: `Show where an action's deployed version has sent requests, and replace what its
binding allows by that list, after you confirm it or with --yes. What the version
itself declares stays allowed.`,
		Example: `  usher egress tighten notify-slack
  usher egress tighten notify-slack --all-versions --yes`,
		Args: command.Exactly("ACTION"),
		RunE: func(cmd *cobra.Command, args []string) error { return tighten(env, cmd, args[0], f) },
	}
	cmd.Flags().BoolVar(&f.AllVersions, "all-versions", false, "use what all versions contacted, not only the deployed one")
	cmd.Flags().BoolVar(&f.Force, "force", false, "even if nothing was contacted yet, or not every origin can be in an allow list")
	command.AddYes(cmd, &f.yes)
	return cmd
}

func tighten(env *command.Env, cmd *cobra.Command, action string, f tightenFlags) error {
	c, err := env.Client()
	if err != nil {
		return err
	}
	report, err := c.Egress(cmd.Context(), action, f.AllVersions)
	if err != nil {
		return err
	}
	if !env.Term.JSON {
		printEgress(env.Term, env.Term.Err, report)
	}
	if !f.yes {
		if err := env.Term.Confirm("allow only this?"); err != nil {
			return err
		}
	}
	f.Expect = term.NotNil(report.Tightened)
	if report, err = c.TightenEgress(cmd.Context(), action, f.Tightening); err != nil {
		return err
	}
	return env.Term.Answer(report, func(w io.Writer) {
		term.Fprintf(w, "%s may call %s\n", report.Action, allowedOrigins(report))
	})
}

// printEgress shows what tightening would do.
func printEgress(t term.Terminal, w io.Writer, report host.EgressReport) {
	t.Pairs(w, "action", report.Action, "may call now", allowedOrigins(report), "declared", strings.Join(report.Declared, ", "))
	if len(report.Contacted) > 0 {
		term.Fprintln(w)
		contactedTable(t, w, report.Contacted)
	}
	term.Fprintln(w)
	if len(report.Tightened) == 0 {
		term.Fprintln(w, "no origin was contacted so far: tightened, it may call only what its version declares")
	}
	for _, origin := range report.Tightened {
		term.Fprintln(w, t.Green("+ "+origin))
	}
	for _, origin := range report.LeftOut {
		term.Fprintln(w, t.Red("- "+origin)+" was contacted, and can't be in an allow list")
	}
}

func contactedTable(t term.Terminal, w io.Writer, contacted []host.OriginUse) {
	rows := make([][]string, len(contacted))
	for i, r := range contacted {
		rows[i] = []string{r.Origin, strconv.FormatInt(r.Requests, 10), term.ShortTime(r.FirstAt), term.ShortTime(r.LastAt)}
	}
	t.Table(w, []string{"CONTACTED", "REQUESTS", "FIRST", "LAST"}, rows)
}

// allowedOrigins lists where an action may send requests.
func allowedOrigins(report host.EgressReport) string {
	allowed := slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(report.Allow), report.Declared...))))
	switch {
	case report.Mode == host.EgressPublic:
		return "every public address"
	case len(allowed) == 0:
		return "nothing"
	}
	return strings.Join(allowed, ", ")
}
