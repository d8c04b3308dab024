package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host/client"
	"github.com/usherhost/usher/host/desired"
)

// planFlags are the flags of what makes a host like some files.
type planFlags struct {
	prune   bool
	secrets bool
	files   []string
	env     []string
}

func (f *planFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.prune, "prune", false, "also delete the actions, bindings and secrets that the files don't have")
	cmd.Flags().BoolVar(&f.secrets, "secrets", false, "set every secret again, not only those that the host has no value of")
	cmd.Flags().StringArrayVar(&f.files, "allow-files", nil, "folder beside DIR whose files the references may name; repeatable")
	cmd.Flags().StringSliceVar(&f.env, "allow-env", nil, "the only variables that the references may name, such as SLACK_*; repeatable (default: any but USHER_*)")
}

func (f planFlags) options(dir string) desired.Options {
	return desired.Options{Prune: f.prune, Secrets: f.secrets, Values: desired.Values{Dir: dir, Files: f.files, Env: f.env}}
}

func newDiff(a *app) *cobra.Command {
	var f planFlags
	var exitCode bool
	cmd := &cobra.Command{
		Use:   "diff DIR",
		Short: "Show what 'usher apply' would change on the host",
		Example: `  usher diff prod
  usher diff prod --prune --exit-code`,
		GroupID: groupFiles,
		Args:    exactly("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			setup, err := desired.ReadFolder(args[0])
			if err != nil {
				return err
			}
			c, err := a.client()
			if err != nil {
				return err
			}
			plan, err := a.planFor(cmd.Context(), c, setup, f.options(args[0]))
			if err == nil && exitCode && len(plan.Steps) > 0 {
				return silentExit(exitDiffers)
			}
			return err
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&exitCode, "exit-code", false, "end with code 9 when there is something to change")
	return cmd
}

func newApply(a *app) *cobra.Command {
	var f planFlags
	var yes bool
	cmd := &cobra.Command{
		Use:   "apply DIR",
		Short: "Make the host like the files in DIR, after showing what changes",
		Long: `Make the host's actions and bindings like the files in DIR (see 'usher export').
The plan is shown first and has to be confirmed, or --yes given. What the host
is like already is left alone, so a second apply changes nothing.
Actions, bindings and secrets that the files don't have are left, unless --prune
is given. A secret's value is set when the host has none, or with --secrets;
nothing is done when a reference leads to no value.
A folder may be somebody else's: the plan names every variable and file that
values are read from. Files are read inside of DIR alone, or in a folder given
with --allow-files; with --allow-env, no other variables are.`,
		Example: `  usher apply prod
  SLACK_WEBHOOK_URL=https://… usher apply prod --yes --allow-env 'SLACK_*'`,
		GroupID: groupFiles,
		Args:    exactly("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			setup, err := desired.ReadFolder(args[0])
			if err != nil {
				return err
			}
			return a.applySetup(cmd.Context(), setup, f.options(args[0]), yes)
		},
	}
	f.add(cmd)
	addYes(cmd, &yes)
	return cmd
}

func addYes(cmd *cobra.Command, yes *bool) {
	cmd.Flags().BoolVarP(yes, "yes", "y", false, "do it without asking")
}

// applySetup shows what it takes to make the host like setup, asks, and does
// it.
func (a *app) applySetup(ctx context.Context, setup desired.Setup, o desired.Options, yes bool) error {
	c, err := a.client()
	if err != nil {
		return err
	}
	page := a.term
	a.term.out = page.err // the answer is what was done
	if page.json {
		a.term.out = io.Discard
	}
	plan, err := a.planFor(ctx, c, setup, o)
	a.term = page
	if err != nil {
		return err
	}
	if len(plan.Steps) > 0 && !yes {
		if err := a.confirm("apply this?"); err != nil {
			return err
		}
	}
	return a.carryOut(ctx, c, plan)
}

// planFor makes a plan and shows it.
func (a *app) planFor(ctx context.Context, c *client.Client, setup desired.Setup, o desired.Options) (desired.Plan, error) {
	plan, err := desired.NewPlan(ctx, c, setup, o)
	if err != nil {
		return plan, allOf(err)
	}
	return plan, a.term.answer(plan, func(w io.Writer) { a.printPlan(w, plan) })
}

func (a *app) printPlan(w io.Writer, plan desired.Plan) {
	for _, step := range plan.Steps {
		fprintln(w, a.term.bold(string(step.Verb)+" "+step.Object))
		for line := range strings.Lines(step.Diff) {
			fmt.Fprint(w, "  "+a.diffLine(line))
		}
	}
	for _, r := range plan.Reads {
		fprintln(w, readingLine(r))
	}
	for _, note := range plan.Notes {
		fprintln(w, "note: "+note)
	}
	if len(plan.Steps) == 0 {
		fprintln(w, "no changes")
		return
	}
	fprintln(w, verbs(plan))
}

// readingLine says what leaves this machine besides the files.
func readingLine(r desired.Reading) string {
	what := "file "
	if r.Kind == "env" {
		what = "variable "
	}
	return fmt.Sprintf("reads: the %s%s, for the secret %s of %s", what, r.Name, r.Secret, r.Action)
}

func (a *app) diffLine(line string) string {
	text, end := strings.CutSuffix(line, "\n")
	switch {
	case strings.HasPrefix(text, "+"):
		text = a.term.green(text)
	case strings.HasPrefix(text, "-"):
		text = a.term.red(text)
	case strings.HasPrefix(text, "@@"):
		text = a.term.dim(text)
	}
	if end {
		text += "\n"
	}
	return text
}

// verbs counts the steps of a plan.
func verbs(plan desired.Plan) string {
	counts := map[desired.Verb]int{}
	for _, step := range plan.Steps {
		counts[step.Verb]++
	}
	return fmt.Sprintf("%d to create, %d to change, %d to delete", counts[desired.Create], counts[desired.Change], counts[desired.Delete])
}

// confirm asks a person on a terminal; elsewhere nobody can say yes but --yes.
func (a *app) confirm(question string) error {
	err := a.ask(question)
	if errors.Is(err, errNobodyToAsk) {
		return usageError{err: errors.New("nothing is done without a yes, and stdin is no terminal"), hint: "look at the plan above, then give --yes"}
	}
	return err
}

var errNobodyToAsk = errors.New("stdin is no terminal")

// ask asks a person on a terminal, and ends the command unless the answer is yes.
func (a *app) ask(question string) error {
	f, ok := a.term.in.(*os.File)
	if !ok || !isTerminal(f) {
		return errNobodyToAsk
	}
	fmt.Fprint(a.term.err, question+" [y/N] ")
	answer, err := bufio.NewReader(f).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the answer: %w", err)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	a.term.note("nothing is done")
	return silentExit(exitFailure)
}

// carryOut does the steps of a plan in order, and stops at the first that
// fails.
func (a *app) carryOut(ctx context.Context, c *client.Client, plan desired.Plan) error {
	for i, step := range plan.Steps {
		if err := step.Do(ctx, c); err != nil {
			if i > 0 && !a.term.json {
				a.term.note("usher: %s of %d done before this; run it again to go on", count(i, "step"), len(plan.Steps))
			}
			return err
		}
		if !a.term.json {
			fprintf(a.term.out, "%sd %s\n", step.Verb, step.Object)
		}
	}
	if a.term.json {
		return a.term.printJSON(plan)
	}
	if len(plan.Steps) == 0 {
		fprintln(a.term.out, "no changes")
	}
	return nil
}

// allOf makes one error of several problems: the first one's code and hint, and
// everyone's text.
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
