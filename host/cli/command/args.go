package command

import (
	"errors"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host/cli/term"
)

// Parent returns a command that only has subcommands.
func Parent(use, short, group string, children ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, GroupID: group, Args: SubcommandOnly, RunE: HelpOnly, Example: examplesOf(children)}
	cmd.AddCommand(children...)
	return cmd
}

// examplesOf returns the first example of each command.
func examplesOf(children []*cobra.Command) string {
	var lines []string
	for _, child := range children {
		for line := range strings.SplitSeq(child.Example, "\n") {
			if strings.HasPrefix(line, "  usher ") {
				lines = append(lines, line)
				break
			}
		}
	}
	return strings.Join(lines, "\n")
}

// HelpOnly prints the help of a command that only has subcommands.
func HelpOnly(cmd *cobra.Command, _ []string) error { return cmd.Help() }

// SubcommandOnly refuses an unknown subcommand and names the nearest one.
func SubcommandOnly(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return unknownCommand(cmd, args[0])
}

// Exactly asks for the named arguments, no more and no less.
func Exactly(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < len(names) {
			return term.UsageError{Err: errors.New(names[len(args)] + " is missing"), Hint: "usage: " + cmd.UseLine()}
		}
		if len(args) > len(names) {
			return term.UsageError{Err: errors.New("too many arguments: " + strconv.Quote(args[len(names)])), Hint: "usage: " + cmd.UseLine()}
		}
		return nil
	}
}

// Between asks for the named arguments and takes up to most.
func Between(least, most int, names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < least {
			return term.UsageError{Err: errors.New(names[len(args)] + " is missing"), Hint: "usage: " + cmd.UseLine()}
		}
		if len(args) > most {
			return term.UsageError{Err: errors.New("too many arguments: " + strconv.Quote(args[most])), Hint: "usage: " + cmd.UseLine()}
		}
		return nil
	}
}

// AtLeast asks for the named arguments and takes more of the last.
func AtLeast(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < len(names) {
			return term.UsageError{Err: errors.New(names[len(args)] + " is missing"), Hint: "usage: " + cmd.UseLine()}
		}
		return nil
	}
}

// AddYes adds the flag that confirms in advance.
func AddYes(cmd *cobra.Command, yes *bool) {
	cmd.Flags().BoolVarP(yes, "yes", "y", false, "do not ask for confirmation")
}
