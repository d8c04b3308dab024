package cli

import (
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
)

func newWebhooks(env *command.Env) *cobra.Command {
	cmd := command.Parent("webhooks", "Send notices to other programs, and see which arrived", command.GroupHost,
		newWebhooksAdd(env), newWebhooksList(env), newWebhooksSet(env), newWebhooksRotate(env), newWebhooksTest(env),
		newWebhooksRemove(env), newDeliveries(env), newResend(env))
	cmd.Long = `Send notices (see 'usher notices --help') to other programs: each is posted as JSON to
a URL, signed as Standard Webhooks has it (headers webhook-id, webhook-timestamp and
webhook-signature), so that its receiver can check it with any of their libraries.

A delivery succeeds when the receiver answers with 2xx within 15 seconds. Otherwise it is
sent again after 5 s, 1 min, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h, always with the same
webhook-id; a Retry-After is honoured. A webhook is disabled, with a notice, when a
delivery has used up its attempts and none has succeeded for 5 days, or when the receiver
answers with 410.

A webhook reaches public addresses only, unless the host runs with --allow-network. The
URL's query is stored, and never shown again.`
	return cmd
}

func newWebhooksAdd(env *command.Env) *cobra.Command {
	var kinds []string
	cmd := &cobra.Command{
		Use:   "add NAME URL",
		Short: "Add a webhook; its secret is shown once, on stdout",
		Example: `  usher webhooks add pager https://example.com/hooks/usher
  usher webhooks add on-call https://example.com/alerts --notice dead_letter.created,breaker.opened`,
		Args: command.Exactly("NAME", "URL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			asked, err := noticeKinds(kinds)
			if err != nil {
				return err
			}
			c, err := env.Client()
			if err != nil {
				return err
			}
			made, err := c.CreateWebhook(cmd.Context(), args[0], args[1], asked)
			if err != nil {
				return err
			}
			env.Term.Note("added webhook %s (%s) for %s; store its secret now, it is not shown again", made.Name, made.ID, wanted(made.Webhook))
			env.Term.Note("next: usher webhooks test %s", made.Name)
			return env.Term.Answer(made, func(w io.Writer) { term.Fprintln(w, made.Secret) })
		},
	}
	addKinds(cmd, &kinds)
	return cmd
}

func addKinds(cmd *cobra.Command, kinds *[]string) {
	cmd.Flags().StringSliceVar(kinds, "notice", nil, "kinds of notices that it gets; all without this flag: "+strings.Join(kindNames(), ", ")+"; repeatable")
	_ = cmd.RegisterFlagCompletionFunc("notice", cobra.FixedCompletions(kindNames(), cobra.ShellCompDirectiveNoFileComp))
}

func noticeKinds(names []string) ([]host.NoticeKind, error) {
	kinds := []host.NoticeKind{}
	for _, name := range names {
		k, err := noticeKind(name)
		if err != nil {
			return nil, err
		}
		kinds = append(kinds, k)
	}
	return kinds, nil
}

// wanted names the kinds that a webhook gets.
func wanted(w host.Webhook) string {
	if len(w.Notices) == 0 {
		return "all notices"
	}
	names := make([]string, len(w.Notices))
	for i, k := range w.Notices {
		names[i] = string(k)
	}
	return strings.Join(names, ",")
}

func newWebhooksList(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the webhooks and their state",
		Example: `  usher webhooks list`,
		Args:    command.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := env.Client()
			if err != nil {
				return err
			}
			list, err := c.Webhooks(cmd.Context())
			if err != nil {
				return err
			}
			return env.Term.Answer(map[string]any{"webhooks": term.NotNil(list)}, func(w io.Writer) {
				if len(list) == 0 {
					env.Term.Note("no webhooks; add one: usher webhooks add NAME URL")
					return
				}
				var rows [][]string
				for _, hook := range list {
					rows = append(rows, []string{hook.Name, hook.ID, hook.URL, wanted(hook), webhookState(hook)})
				}
				env.Term.Table(w, []string{"NAME", "ID", "URL", "NOTICES", "STATE"}, rows)
			})
		},
	}
}

func webhookState(w host.Webhook) string {
	switch {
	case !w.DisabledAt.IsZero():
		return "disabled since " + term.ShortTime(w.DisabledAt) + ": " + w.DisabledReason
	case !w.FailingSince.IsZero():
		return "failing since " + term.ShortTime(w.FailingSince)
	}
	return "enabled"
}

// webhookFlags are the flags of `usher webhooks set`.
type webhookFlags struct {
	url             string
	kinds           []string
	all             bool
	enable, disable bool
}

func newWebhooksSet(env *command.Env) *cobra.Command {
	var f webhookFlags
	cmd := &cobra.Command{
		Use:   "set WEBHOOK",
		Short: "Change a webhook's URL or notices, disable it, or enable it again",
		Long: `Change a webhook. While it is disabled it gets no new notices, and its deliveries wait;
they go on when it is enabled.`,
		Example: `  usher webhooks set pager --url https://example.com/hooks/new
  usher webhooks set pager --enable
  usher webhooks set pager --notice dead_letter.created`,
		Args: command.Exactly("WEBHOOK"),
		RunE: func(cmd *cobra.Command, args []string) error { return setWebhook(cmd, env, args[0], f) },
	}
	cmd.Flags().StringVar(&f.url, "url", "", "where it is posted to")
	addKinds(cmd, &f.kinds)
	cmd.Flags().BoolVar(&f.all, "all-notices", false, "let it get all kinds")
	cmd.Flags().BoolVar(&f.enable, "enable", false, "enable it")
	cmd.Flags().BoolVar(&f.disable, "disable", false, "disable it")
	cmd.MarkFlagsMutuallyExclusive("enable", "disable")
	cmd.MarkFlagsMutuallyExclusive("notice", "all-notices")
	cmd.MarkFlagsOneRequired("url", "notice", "all-notices", "enable", "disable")
	return cmd
}

func setWebhook(cmd *cobra.Command, env *command.Env, webhook string, f webhookFlags) error {
	var p host.WebhookPatch
	if cmd.Flags().Changed("url") {
		p.URL = &f.url
	}
	if cmd.Flags().Changed("notice") || f.all {
		kinds, err := noticeKinds(f.kinds)
		if err != nil {
			return err
		}
		p.Notices = &kinds
	}
	if f.enable || f.disable {
		p.Disabled = &f.disable
	}
	c, err := env.Client()
	if err != nil {
		return err
	}
	w, err := c.ChangeWebhook(cmd.Context(), webhook, p)
	if err != nil {
		return err
	}
	return env.Term.Answer(w, func(out io.Writer) {
		env.Term.Pairs(out, "webhook", w.Name, "url", w.URL, "notices", wanted(w), "state", webhookState(w))
	})
}

func newWebhooksRotate(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "rotate-secret WEBHOOK",
		Short: "Replace a webhook's secret; the new one is shown once, on stdout",
		Long: `Replace the secret that a webhook's messages are signed with. For a day they carry two
signatures, by the new secret and by the old one, so that the receiver can change over.`,
		Example: `  usher webhooks rotate-secret pager`,
		Args:    command.Exactly("WEBHOOK"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := env.Client()
			if err != nil {
				return err
			}
			made, err := c.RotateSecret(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			env.Term.Note("webhook %s has a new secret; store it now, it is not shown again; the old one signs too until %s", made.Name, term.ShortTime(made.OldSecretUntil))
			return env.Term.Answer(made, func(w io.Writer) { term.Fprintln(w, made.Secret) })
		},
	}
}

func newWebhooksTest(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "test WEBHOOK",
		Short: "Send a test to a webhook now, and show what its receiver answered",
		Long: `Send a notice of kind webhook.test now, once, also to a webhook that is disabled. The
command exits with code 5 when the receiver does not answer with 2xx.`,
		Example: `  usher webhooks test pager`,
		Args:    command.Exactly("WEBHOOK"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := env.Client()
			if err != nil {
				return err
			}
			d, err := c.TestWebhook(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if err := env.Term.Answer(d, func(w io.Writer) {
				if d.Status == host.DeliveryDelivered {
					term.Fprintf(w, "delivered: the receiver answered with status %d\n", d.ResponseStatus)
					return
				}
				term.Fprintf(w, "not delivered: %s\n", d.Error)
			}); err != nil {
				return err
			}
			if d.Status != host.DeliveryDelivered {
				return term.SilentExit(term.ExitRefused)
			}
			return nil
		},
	}
}

func newWebhooksRemove(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:     "rm WEBHOOK",
		Short:   "Remove a webhook with its deliveries",
		Example: `  usher webhooks rm pager`,
		Args:    command.Exactly("WEBHOOK"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := env.Client()
			if err != nil {
				return err
			}
			if err := c.DeleteWebhook(cmd.Context(), args[0]); err != nil {
				return err
			}
			return env.Term.Answer(map[string]any{"deleted": args[0]}, func(w io.Writer) { term.Fprintf(w, "removed %s\n", args[0]) })
		},
	}
}

func newDeliveries(env *command.Env) *cobra.Command {
	var q host.DeliveryQuery
	cmd := &cobra.Command{
		Use:   "deliveries WEBHOOK",
		Short: "List a webhook's deliveries, newest first",
		Long:  `List a webhook's deliveries, newest first. The newest 2,000 of each webhook are stored.`,
		Example: `  usher webhooks deliveries pager
  usher webhooks deliveries pager --status failed`,
		Args: command.Exactly("WEBHOOK"),
		RunE: func(cmd *cobra.Command, args []string) error {
			q.WebhookID = args[0]
			return listDeliveries(cmd.Context(), env, q)
		},
	}
	flags := cmd.Flags()
	flags.StringVar((*string)(&q.Status), "status", "", "only those that are pending, delivered or failed")
	flags.StringVar(&q.Before, "before", "", "only older than this delivery: the next page")
	addLimit(cmd, &q.Limit, 50)
	_ = cmd.RegisterFlagCompletionFunc("status", cobra.FixedCompletions(deliveryStatuses(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func deliveryStatuses() []string {
	var names []string
	for _, s := range host.DeliveryStatuses() {
		names = append(names, string(s))
	}
	return names
}

func listDeliveries(ctx context.Context, env *command.Env, q host.DeliveryQuery) error {
	if q.Status != "" && !slices.Contains(host.DeliveryStatuses(), q.Status) {
		return term.UsageError{Err: errors.New("unknown status " + strconv.Quote(string(q.Status))), Hint: "it is one of " + strings.Join(deliveryStatuses(), ", ")}
	}
	c, err := env.Client()
	if err != nil {
		return err
	}
	page, err := c.Deliveries(ctx, q)
	if err != nil {
		return err
	}
	page.Deliveries = term.NotNil(page.Deliveries)
	return env.Term.Answer(page, func(w io.Writer) {
		if len(page.Deliveries) == 0 {
			env.Term.Note("no %sdeliveries of %s", strings.TrimLeft(string(q.Status)+" ", " "), q.WebhookID)
			return
		}
		var rows [][]string
		for _, d := range page.Deliveries {
			rows = append(rows, []string{d.ID, term.ShortTime(d.CreatedAt), string(d.Kind), deliveryState(d), strconv.Itoa(d.Attempts), deliveryAnswer(d)})
		}
		env.Term.Table(w, []string{"DELIVERY", "MADE", "KIND", "STATE", "ATTEMPTS", "ANSWER"}, rows)
		if page.Next != "" {
			env.Term.Note("there are more: --before %s", page.Next)
		}
	})
}

func deliveryState(d host.Delivery) string {
	if d.Status == host.DeliveryPending {
		return "pending, due " + term.ShortTime(d.NextAt)
	}
	return string(d.Status)
}

func deliveryAnswer(d host.Delivery) string {
	if d.Error == "" && d.ResponseStatus > 0 {
		return "status " + strconv.Itoa(d.ResponseStatus)
	}
	return term.FirstLine(d.Error)
}

func newResend(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "resend WEBHOOK DELIVERY",
		Short: "Send a notice again to a webhook",
		Long: `Send a notice again, in a new delivery with the attempts of a new one. Its webhook-id is
the first one's: a receiver that has it may leave it out.`,
		Example: `  usher webhooks resend pager dlv_01kaj5v7m3q9w8t6r4e2y0n1pz`,
		Args:    command.Exactly("WEBHOOK", "DELIVERY"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := env.Client()
			if err != nil {
				return err
			}
			d, err := c.Resend(cmd.Context(), args[0], args[1])
			if err != nil {
				return err
			}
			return env.Term.Answer(d, func(w io.Writer) {
				term.Fprintf(w, "sending again as %s\nnext: usher webhooks deliveries %s\n", d.ID, args[0])
			})
		},
	}
}
