package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/author"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/client"
	"github.com/usherhost/usher/host/files"
)

// checkFlags are the flags of `usher check`.
type checkFlags struct {
	author.DeployFlags
	version string
	draft   bool
	since   string
	allow   string
	q       host.CheckQuery
}

func newCheck(env *command.Env) *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:   "check ACTION [DIR|FILE]",
		Short: "Run recorded executions against another version, and show what differs",
		Long: `Run the recorded executions of an action against another version of it: its
draft, or its newest version, unless --version, --draft or a folder names another.
Nothing leaves the host: seed, clock, secrets and every answer are those of the
tape. A request without an answer on the tape is reported as a new effect.

First each run is played with the version that it was recorded with, as a control.
That must not differ at all; if it does, the host is to blame, and says so.

Differences are grouped by kind. A file of reviewed ones is given with --allow:

  allow:
    - difference: "changed POST https://api.example.com/users: header x-trace added"
      reason: traced since version 4

In a difference, * stands for any characters. The exit code is 0 when every
difference is allowed, and 9 otherwise.

--faults plays the version with failing requests instead: 429, 500, timeouts, cut
bodies, slow answers and a crash, at each request in turn. It reports where the
action loses data, sends twice or never ends.`,
		Example: `  usher check notify-slack
  usher check notify-slack plugins/notify-slack --allow plugins/notify-slack/check.yaml
  usher check notify-slack --version 4 --since 7d
  usher check notify-slack --faults`,
		GroupID: command.GroupWork,
		Args:    command.Between(1, 2, "ACTION"),
		RunE:    func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), env, args) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.version, "version", "", "version to check, a number or an id")
	flags.BoolVar(&f.draft, "draft", false, "check the draft")
	flags.IntVar(&f.q.Last, "last", 0, fmt.Sprintf("how many runs, the newest (default %d, with --faults 100; at most %d)", host.DefaultChecked, host.MaxChecked))
	flags.StringVar(&f.since, "since", "", "only executions accepted then or later: "+momentUsage)
	flags.BoolVar(&f.q.Failures, "failures", false, "only runs that failed")
	flags.BoolVar(&f.q.Faults, "faults", false, "play the version with failing requests")
	flags.StringVar(&f.allow, "allow", "", "YAML file of reviewed differences")
	cmd.MarkFlagsMutuallyExclusive("version", "draft")
	f.ScriptFlags.Add(cmd)
	return cmd
}

// run checks what the arguments name, and prints the report.
func (f *checkFlags) run(ctx context.Context, env *command.Env, args []string) error {
	c, err := env.Client()
	if err != nil {
		return err
	}
	if f.q.Since, err = moment("since", f.since, time.Now()); err != nil {
		return err
	}
	if f.q.Allow, err = readAllowances(f.allow); err != nil {
		return err
	}
	f.q.Version, f.q.Draft = strings.TrimPrefix(f.version, "v"), f.draft
	if len(args) > 1 {
		if err := f.load(ctx, env, args[1]); err != nil {
			return err
		}
	}
	report, err := runCheck(ctx, env, c, args[0], f.q)
	if err != nil {
		return err
	}
	return answerCheck(env.Term, report)
}

// load builds what a folder or a script holds, which is to be checked.
func (f *checkFlags) load(ctx context.Context, env *command.Env, path string) error {
	if f.version != "" || f.draft {
		return term.UsageError{Err: fmt.Errorf("%s is checked, or what --version or --draft names, not both", path), Hint: "leave one of them out"}
	}
	built, err := author.LoadDeployable(ctx, env, path, f.DeployFlags)
	if err != nil {
		return err
	}
	f.q.Module = built.Content
	if built.Code != "" {
		if f.q.Module, err = author.ReadOrBuild(ctx, env, built.Path(), "", f.ScriptFlags); err != nil {
			return err
		}
	}
	m := built.Manifest()
	f.q.Manifest = &m
	return nil
}

// maxAllowanceBytes is the largest file of reviewed differences.
const maxAllowanceBytes = 1 << 20

// readAllowances reads a file of reviewed differences; "" names no file.
func readAllowances(path string) ([]host.Allowance, error) {
	if path == "" {
		return nil, nil
	}
	data, err := files.Read(path, maxAllowanceBytes)
	if err != nil {
		return nil, err
	}
	var reviewed struct {
		Allow []host.Allowance `json:"allow"`
	}
	if _, err := files.Strict(path, data, &reviewed); err != nil {
		return nil, err
	}
	return reviewed.Allow, nil
}

// runCheck runs a check, with a bar on a terminal.
func runCheck(ctx context.Context, env *command.Env, c *client.Client, action string, q host.CheckQuery) (host.CheckReport, error) {
	if env.Term.JSON || !term.IsTerminal(env.Term.TTY) {
		return c.Check(ctx, action, q, nil)
	}
	const clearLine = "\r\x1b[K"
	report, err := c.Check(ctx, action, q, func(done, of int) {
		_, _ = fmt.Fprint(env.Term.TTY, clearLine, bar(done, of))
	})
	_, _ = fmt.Fprint(env.Term.TTY, clearLine)
	return report, err
}

// bar shows how far a check is.
func bar(done, of int) string {
	const width = 30
	filled := width
	if of > 0 {
		filled = min(width*done/of, width)
	}
	return fmt.Sprintf("checked [%s%s] %s of %s", strings.Repeat("=", filled), strings.Repeat(" ", width-filled), term.Amount(int64(done)), term.Amount(int64(of)))
}

// answerCheck prints a report, and returns the exit code that says whether it passed.
func answerCheck(t term.Terminal, report host.CheckReport) error {
	if err := t.Answer(report, func(w io.Writer) { printCheck(t, w, &report) }); err != nil || report.Passed {
		return err
	}
	return term.SilentExit(term.ExitDiffers)
}

func printCheck(t term.Terminal, w io.Writer, r *host.CheckReport) {
	term.Fprintf(w, "%s: %s against %s, %s", t.Bold(r.Action), r.New.Name, r.Old.Name, term.Count(r.Compared, "run"))
	if r.Injected > 0 {
		term.Fprintf(w, ", %s injected", term.Count(r.Injected, "fault"))
	}
	term.Fprintln(w)
	for _, s := range r.Skipped {
		term.Fprintf(w, "  skipped  %s: %s, such as %s\n", term.Count(s.Runs, "run"), s.Reason, s.Example)
	}
	if len(r.Control) > 0 {
		term.Fprintln(w, t.Red("The control differs: a run that is played from its own tape, with its own version, is not what was recorded. This is the host's fault, not the new version's; please report it."))
		printGroups(t, w, r.Control)
	}
	if r.Injected == 0 {
		term.Fprintf(w, "  same     %s of %s\n", term.Amount(int64(r.Same)), term.Amount(int64(r.Compared)))
		printGroups(t, w, r.Groups)
		printCost(w, "fuel", r.Fuel)
		printCost(w, "time", r.Micros)
	}
	for _, f := range r.Faults {
		printFinding(t, w, f.Kind, f.Key, f.Runs, f.Example, f.Allowed)
	}
	for _, unused := range r.Unused {
		term.Fprintf(w, "  no longer seen, remove it from the file: %s\n", unused)
	}
	printVerdict(t, w, r)
}

func printGroups(t term.Terminal, w io.Writer, groups []host.CheckGroup) {
	for _, g := range groups {
		printFinding(t, w, g.Class, g.Key, g.Runs, g.Example, g.Allowed)
	}
}

// printFinding prints one kind of difference with its example.
func printFinding(t term.Terminal, w io.Writer, kind, key string, runs int, e host.CheckExample, allowed string) {
	key = strings.TrimLeft(strings.TrimPrefix(key, kind), ": ")
	mark := t.Red(kind)
	if allowed != "" {
		mark = t.Dim(kind + " (allowed: " + allowed + ")")
	}
	term.Fprintf(w, "\n  %s  %s  in %s\n", mark, t.Bold(key), term.Count(runs, "run"))
	term.Fprintf(w, "           such as %s, step %d, attempt %d\n", e.ExecutionID, e.Step+1, e.Attempt)
	if e.Old != "" {
		term.Fprintf(w, "           - %s\n", e.Old)
	}
	if e.New != "" {
		term.Fprintf(w, "           + %s\n", e.New)
	}
}

// printCost prints how much more or less all runs cost together.
func printCost(w io.Writer, what string, c host.CheckCost) {
	if c.Old != 0 || c.New != 0 {
		term.Fprintf(w, "  %s     %+.1f %%, at most %.2f times that of the old version in one run\n", what, 100*c.Change(), c.Most)
	}
}

func printVerdict(t term.Terminal, w io.Writer, r *host.CheckReport) {
	open := 0
	for _, g := range r.Groups {
		if g.Allowed == "" {
			open++
		}
	}
	for _, f := range r.Faults {
		if f.Allowed == "" {
			open++
		}
	}
	term.Fprintln(w)
	switch {
	case !r.Passed && open > 0:
		term.Fprintf(w, "%s: %s of differences to fix, or to review and list in a file for --allow\n", t.Red("not passed"), term.Count(open, "kind"))
	case !r.Passed:
		term.Fprintln(w, t.Red("not passed"))
	case r.Gate != "":
		term.Fprintf(w, "%s, but not as a check that require_check asks for: %s\n", t.Green("passed"), r.Gate)
	default:
		term.Fprintln(w, t.Green("passed"))
	}
	if !r.Passed && open > 0 {
		for _, line := range allowLines(r) {
			term.Fprintln(w, line)
		}
	}
}

// allowLines are the lines of a file that allows what was found.
func allowLines(r *host.CheckReport) []string {
	var lines []string
	add := func(key, allowed string) {
		if allowed == "" {
			lines = append(lines, "  - difference: "+strconv.Quote(key), "    reason: ")
		}
	}
	for _, g := range r.Groups {
		add(g.Key, g.Allowed)
	}
	for _, f := range r.Faults {
		add(f.Key, f.Allowed)
	}
	return append([]string{"allow:"}, lines...)
}
