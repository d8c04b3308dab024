package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/egress"
)

func newEgress(a *app) *cobra.Command {
	return parent("egress", "See and narrow where actions may send requests", groupWork, newEgressExplain(a), newEgressTighten(a))
}

func newEgressExplain(a *app) *cobra.Command {
	var allow []string
	var public bool
	cmd := &cobra.Command{
		Use:   "explain URL",
		Short: "Say whether an action could send a request to URL, and which rule decides",
		Long: `Say whether an action with these allowed hosts could send a request to URL from
this machine, which rule decides, and what to change. Names are looked up;
nothing is sent. Ends with code 5 when the request would be refused.`,
		Example: `  usher egress explain https://hooks.slack.com/services/x --allow hooks.slack.com
  usher egress explain http://10.0.0.7:8080 --allow http://10.0.0.7:8080 --allow-network 10.0.0.0/8`,
		Args: exactly("URL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			policy := host.Egress{Mode: host.EgressAllowlist, Allow: allow}
			if public {
				policy.Mode = host.EgressPublic
			}
			return a.explain(cmd.Context(), policy, args[0])
		},
	}
	cmd.Flags().StringArrayVar(&allow, "allow", nil, "origin that the action may reach; repeatable")
	cmd.Flags().BoolVar(&public, "allow-public", false, "as with egress_mode: public")
	addOneServeFlag(cmd, "allow-network")
	return cmd
}

func (a *app) explain(ctx context.Context, policy host.Egress, url string) error {
	client := &egress.Client{AllowNetworks: a.cfg.AllowNetworks}
	defer client.Close()
	explanation := client.Explain(ctx, policy, url)
	if err := a.term.answer(explanation, func(w io.Writer) { fprintln(w, block(explanation.String())) }); err != nil {
		return err
	}
	if !explanation.Allowed {
		a.hintAt(explanation)
		return silentExit(exitRefused)
	}
	return nil
}

// hintAt names the command that would allow the request.
func (a *app) hintAt(e egress.Explanation) {
	switch {
	case a.term.json:
	case e.Network != "":
		a.term.note("usher: hint: an operator can allow that network: usher serve --allow-network %s", e.Network)
	case e.Failure.Origin != "":
		a.term.note("usher: hint: add it to allowed_hosts in %s, or: usher bindings set ACTION --allow %s", actionFileName, e.Failure.Origin)
	}
}
