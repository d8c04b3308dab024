package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/spf13/cobra"
)

// app is what every command shares: the terminal, and the configuration once
// the flags are parsed.
type app struct {
	term       term
	cfg        config
	readConfig func() (config, error) // reads the configuration anew
}

// run executes one command line and returns its exit code.
func run(args []string, in io.Reader, out, errOut io.Writer) int {
	a := &app{term: newTerm(in, out, errOut)}
	a.term.json = slices.Contains(args, "--json") // also for errors that come before the flags are read
	root := newRoot(a)
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(a.term.out)
	root.SetErr(a.term.err)
	ctx, stop := commandContext()
	defer stop()
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	return a.term.fail(cmd, err)
}

// commandContext ends with the first interrupt; the second one then ends the
// process, because the signal is no longer caught.
func commandContext() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "usher",
		Short: "Run your own code, sandboxed and durable, after a user has registered",
		Long: `Usher takes registration events over HTTP and runs WebAssembly actions for
them: in order, in a sandbox, with retries, and without losing one.

Start here:
  usher serve                        start the host
  usher init my-action               begin an action, in JavaScript
  usher dev my-action                run it here, again after each save
  usher actions deploy my-action --bind
  usher events send my-action/event.json`,
		SilenceUsage:      true,
		SilenceErrors:     true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return a.configure(cmd) },
		Args:              subcommandOnly,
		RunE:              helpOnly,
	}
	addGlobalFlags(root)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{err: err, hint: "run '" + cmd.CommandPath() + " --help' for its flags"}
	})
	root.AddGroup(
		&cobra.Group{ID: groupHost, Title: "Host:"},
		&cobra.Group{ID: groupWork, Title: "Actions and events:"},
		&cobra.Group{ID: groupFiles, Title: "Configuration as code:"},
		&cobra.Group{ID: groupAuthor, Title: "Without a server:"},
	)
	root.AddCommand(
		newServe(a), newDoctor(a), newBackup(a), newKeys(a), newAudit(a), newConfig(a),
		newActions(a), newVersions(a), newRollback(a), newBind(a), newUnbind(a), newBindings(a), newSecrets(a),
		newEvents(a), newExecutions(a), newDeadLetters(a), newLogs(a), newTail(a),
		newExport(a), newDiff(a), newApply(a), newImport(a),
		newInit(a), newBuild(a), newRun(a), newDev(a), newProfile(a), newInspect(a), newEgress(a),
		newVersion(a), newExitCodes(),
	)
	a.completeActions(root)
	return root
}

// The groups of commands in the help page.
const (
	groupHost   = "host"
	groupWork   = "work"
	groupFiles  = "files"
	groupAuthor = "author"
)

// configure reads the configuration for cmd.
func (a *app) configure(cmd *cobra.Command) error {
	a.term.json, _ = cmd.Flags().GetBool("json")
	if err := cmd.ValidateFlagGroups(); err != nil {
		return usageError{err: err, hint: "usage: " + cmd.UseLine()}
	}
	if needsNoConfig(cmd) {
		return nil
	}
	a.readConfig = func() (config, error) { return loadConfig(cmd.Flags(), os.Environ()) }
	cfg, err := a.readConfig()
	if err != nil {
		return err
	}
	a.cfg = cfg
	return nil
}

// withoutConfig marks commands that read no configuration.
const withoutConfig = "without-config"

// needsNoConfig reports whether cmd works with a broken configuration: what is
// marked so, and cobra's own commands.
func needsNoConfig(cmd *cobra.Command) bool {
	for c := cmd; c != nil; c = c.Parent() {
		if c.Annotations[withoutConfig] != "" || c.Name() == "help" || c.Name() == "completion" {
			return true
		}
	}
	return cmd == cmd.Root()
}

// parent returns a command that only holds others.
func parent(use, short, group string, children ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, GroupID: group, Args: subcommandOnly, RunE: helpOnly}
	cmd.AddCommand(children...)
	return cmd
}

func helpOnly(cmd *cobra.Command, _ []string) error { return cmd.Help() }

// subcommandOnly refuses words that name no subcommand, with the nearest one.
func subcommandOnly(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, child := range cmd.Commands() {
		names = append(names, child.Name())
	}
	return usageError{
		err:  errors.New("unknown command " + quote(args[0]) + " for " + quote(cmd.CommandPath())),
		hint: didYouMean(args[0], names, "run '"+cmd.CommandPath()+" --help' for its commands"),
	}
}

// exactly asks for the named arguments, no more and no less.
func exactly(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < len(names) {
			return usageError{err: errors.New(names[len(args)] + " is missing"), hint: "usage: " + cmd.UseLine()}
		}
		if len(args) > len(names) {
			return usageError{err: errors.New("too many arguments: " + quote(args[len(names)])), hint: "usage: " + cmd.UseLine()}
		}
		return nil
	}
}

// between asks for the named arguments and takes up to most.
func between(least, most int, names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < least {
			return usageError{err: errors.New(names[len(args)] + " is missing"), hint: "usage: " + cmd.UseLine()}
		}
		if len(args) > most {
			return usageError{err: errors.New("too many arguments: " + quote(args[most])), hint: "usage: " + cmd.UseLine()}
		}
		return nil
	}
}

// atLeast asks for the named arguments and takes more of the last.
func atLeast(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < len(names) {
			return usageError{err: errors.New(names[len(args)] + " is missing"), hint: "usage: " + cmd.UseLine()}
		}
		return nil
	}
}
