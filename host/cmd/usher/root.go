package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host/author"
	"github.com/usherhost/usher/host/cli"
	"github.com/usherhost/usher/host/cli/ascode"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/operator"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/settings"
)

// run executes one command line and returns its exit code.
func run(args []string, in io.Reader, out, errOut io.Writer) int {
	env := &command.Env{Term: term.New(in, out, errOut), Self: self()}
	env.Term.JSON = slices.Contains(args, "--json") // also for errors that come before the flags are read
	root := newRoot(env)
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(env.Term.Out)
	root.SetErr(env.Term.Err)
	ctx, stop := commandContext()
	defer stop()
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return term.ExitOK
	}
	return env.Term.Fail(cmd, env.Explain(err))
}

// commandContext ends with the first interrupt; the second one then ends the
// process, because the signal is no longer caught.
func commandContext() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

func newRoot(env *command.Env) *cobra.Command {
	root := &cobra.Command{
		Use:   "usher",
		Short: "Run your own code, sandboxed and durable, after a user has registered",
		Long: `Usher takes registration events over HTTP and runs WebAssembly actions for
them: in order, in a sandbox, with retries, and without losing an event.

Start here:
  usher serve                        start the host
  usher init my-action               create an action, in JavaScript
  usher dev my-action                run it locally, again after each save
  usher deploy my-action --bind      deploy it on the host
  usher events send my-action/event.json

The commands find the host in any folder: 'usher serve' and 'usher login URL' record it.

Environment variables, each like the flag of that name:
  USHER_URL, USHER_API_KEY, USHER_DATA, USHER_PROFILE, USHER_CONFIG
  NO_COLOR                           print without colors
Every setting of the host has one too: 'usher config print' lists them.`,
		SilenceUsage:      true,
		SilenceErrors:     true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return env.Configure(cmd) },
		Args:              command.SubcommandOnly,
		RunE:              command.HelpOnly,
	}
	root.PersistentFlags().Bool("json", false, "answer in JSON")
	settings.AddGlobalFlags(root.PersistentFlags())
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return term.UsageError{Err: err, Hint: "run '" + cmd.CommandPath() + " --help' for its flags"}
	})
	root.AddGroup(
		&cobra.Group{ID: command.GroupHost, Title: "Host:"},
		&cobra.Group{ID: command.GroupWork, Title: "Actions and events:"},
		&cobra.Group{ID: command.GroupFiles, Title: "Configuration as code:"},
		&cobra.Group{ID: command.GroupAuthor, Title: "Without a server:"},
	)
	addVersionFlag(env, root)
	root.AddCommand(newServe(env), newVersion(env), newLicenses(env), term.NewExitCodes())
	root.AddCommand(operator.Commands(env)...)
	root.AddCommand(cli.Commands(env)...)
	root.AddCommand(ascode.Commands(env)...)
	root.AddCommand(author.Commands(env)...)
	root.AddCommand(manCommands(env)...)
	command.AddAliases(root)
	cli.CompleteActions(env, root)
	return root
}
