package ascode

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host/author"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/client"
	"github.com/usherhost/usher/host/desired"
)

// planFlags are the flags for making a host equal to files.
type planFlags struct {
	prune   bool
	secrets bool
	files   []string
	env     []string
	build   bool
}

func (f *planFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.prune, "prune", false, "also delete the actions, bindings and secrets that are not in the files")
	cmd.Flags().BoolVar(&f.secrets, "secrets", false, "set every secret again, not only those without a value on the host")
	cmd.Flags().StringArrayVar(&f.files, "allow-files", nil, "folder beside DIR whose files the references may name; repeatable")
	cmd.Flags().StringSliceVar(&f.env, "allow-env", nil, "the only variables that the references may name, such as SLACK_*; repeatable (default: any but USHER_*)")
	cmd.Flags().BoolVar(&f.build, author.AllowBuild, false, "run the build commands of DIR without asking; each is asked once for each folder and command")
}

func (f planFlags) options(dir string) desired.Options {
	return desired.Options{Prune: f.prune, Secrets: f.secrets, Values: desired.Values{Dir: dir, Files: f.files, Env: f.env}}
}

func newDiff(env *command.Env) *cobra.Command {
	var f planFlags
	var exitCode bool
	cmd := &cobra.Command{
		Use:   "diff DIR",
		Short: "Show what 'usher apply' would change on the host",
		Example: `  usher diff prod
  usher diff prod --prune --exit-code`,
		GroupID: command.GroupFiles,
		Args:    command.Exactly("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			setup, err := author.LoadSetup(cmd.Context(), env, args[0], f.build)
			if err != nil {
				return err
			}
			c, err := env.Client()
			if err != nil {
				return err
			}
			plan, err := planFor(cmd.Context(), env.Term, c, setup, f.options(args[0]))
			if err == nil && exitCode && len(plan.Steps) > 0 {
				return term.SilentExit(term.ExitDiffers)
			}
			return err
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&exitCode, "exit-code", false, "exit with code 9 when there are changes")
	return cmd
}

func newApply(env *command.Env) *cobra.Command {
	var f planFlags
	var yes bool
	cmd := &cobra.Command{
		Use:   "apply DIR",
		Short: "Make the host equal to the files in DIR, after showing the changes",
		Long: `Make the host's actions and bindings equal to the files in DIR (see 'usher export').
The plan is shown first and must be confirmed, or accepted with --yes.
Objects that are already equal are not changed, so a second apply does nothing.
Actions, bindings and secrets that are not in the files stay, unless --prune
is given. A secret's value is set when the host has none, or with --secrets;
nothing is changed when a reference has no value.
DIR may come from another person: the plan names every variable and file that
values are read from. Files are read only inside DIR and the folders of
--allow-files; with --allow-env, only the variables that it names are read.`,
		Example: `  usher apply prod
  SLACK_WEBHOOK_URL=https://… usher apply prod --yes --allow-env 'SLACK_*'`,
		GroupID: command.GroupFiles,
		Args:    command.Exactly("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			setup, err := author.LoadSetup(cmd.Context(), env, args[0], f.build)
			if err != nil {
				return err
			}
			return applySetup(cmd.Context(), env, setup, f.options(args[0]), yes)
		},
	}
	f.add(cmd)
	command.AddYes(cmd, &yes)
	return cmd
}

// applySetup shows the changes that make the host equal to setup, asks, and applies
// them.
func applySetup(ctx context.Context, env *command.Env, setup desired.Setup, o desired.Options, yes bool) error {
	c, err := env.Client()
	if err != nil {
		return err
	}
	page := env.Term
	env.Term.Out = page.Err // the answer is what was done
	if page.JSON {
		env.Term.Out = io.Discard
	}
	plan, err := planFor(ctx, env.Term, c, setup, o)
	env.Term = page
	if err != nil {
		return err
	}
	if len(plan.Steps) > 0 && !yes {
		if err := env.Term.Confirm("apply this?"); err != nil {
			return err
		}
	}
	return carryOut(ctx, env.Term, c, plan)
}

// planFor makes a plan and shows it.
func planFor(ctx context.Context, t term.Terminal, c *client.Client, setup desired.Setup, o desired.Options) (desired.Plan, error) {
	plan, err := desired.NewPlan(ctx, c, setup, o)
	if err != nil {
		return plan, allOf(err)
	}
	return plan, t.Answer(plan, func(w io.Writer) { printPlan(t, w, plan) })
}

func printPlan(t term.Terminal, w io.Writer, plan desired.Plan) {
	for _, step := range plan.Steps {
		term.Fprintln(w, t.Bold(string(step.Verb)+" "+step.Object))
		for line := range strings.Lines(step.Diff) {
			fmt.Fprint(w, "  "+t.DiffLine(line))
		}
	}
	for _, r := range plan.Reads {
		term.Fprintln(w, readingLine(r))
	}
	for _, note := range plan.Notes {
		term.Fprintln(w, "note: "+note)
	}
	if len(plan.Steps) == 0 {
		term.Fprintln(w, "no changes")
		return
	}
	term.Fprintln(w, verbs(plan))
}

// readingLine is a variable or file whose value is sent to the host.
func readingLine(r desired.Reading) string {
	what := "file "
	if r.Kind == "env" {
		what = "variable "
	}
	return fmt.Sprintf("reads: the %s%s, for the secret %s of %s", what, r.Name, r.Secret, r.Action)
}

// verbs counts the steps of a plan.
func verbs(plan desired.Plan) string {
	counts := map[desired.Verb]int{}
	for _, step := range plan.Steps {
		counts[step.Verb]++
	}
	return fmt.Sprintf("%d to create, %d to change, %d to delete", counts[desired.Create], counts[desired.Change], counts[desired.Delete])
}

// carryOut does the steps of a plan in order, and stops at the first that
// fails.
func carryOut(ctx context.Context, t term.Terminal, c *client.Client, plan desired.Plan) error {
	for i, step := range plan.Steps {
		if err := step.Do(ctx, c); err != nil {
			if i > 0 && !t.JSON {
				t.Note("usher: %s of %d done before this; run the command again to continue", term.Count(i, "step"), len(plan.Steps))
			}
			return err
		}
		if !t.JSON {
			term.Fprintf(t.Out, "%sd %s\n", step.Verb, step.Object)
		}
	}
	if t.JSON {
		return t.PrintJSON(plan)
	}
	if len(plan.Steps) == 0 {
		term.Fprintln(t.Out, "no changes")
	}
	return nil
}

// allOf makes one error of several problems: the code and hint of the first, and
// the text of each.
func allOf(err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok || len(joined.Unwrap()) < 2 {
		return err
	}
	all := joined.Unwrap()
	return problems{all}
}

// problems is several errors at once.
type problems struct{ all []error }

func (p problems) Error() string {
	lines := make([]string, len(p.all))
	for i, err := range p.all {
		lines[i] = err.Error()
	}
	return fmt.Sprintf("%d problems\n  %s", len(lines), strings.Join(lines, "\n  "))
}

func (p problems) Unwrap() error { return p.all[0] }
