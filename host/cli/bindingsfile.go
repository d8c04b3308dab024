package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/client"
	"github.com/usherhost/usher/host/desired"
)

func newBindingsEdit(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "edit",
		Short: "Edit the order and the settings of all bindings in $EDITOR",
		Example: `  usher bindings edit
  EDITOR=nano usher bindings edit`,
		Long: `Open the bindings of every trigger as YAML in $VISUAL or $EDITOR: what runs, in
which order, with which settings. When the editor ends, the saved file replaces
the host's bindings. If another client has changed them since, nothing is replaced,
and your file is kept. An empty file changes nothing.`,
		Args: command.Exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error { return editBindings(cmd.Context(), env) },
	}
}

const bindingsHelp = `# The order in which actions run, with the settings of each.
# Move, add and delete entries, save and end the editor; empty it to change nothing.
# 'usher bindings set --help' lists the settings; an entry needs none:
#   - action: notify-slack
#     settings:
#       egress: {mode: allowlist, allow: [hooks.slack.com]}
#       retry: {max_attempts: 3}
`

func editBindings(ctx context.Context, env *command.Env) error {
	c, err := env.Client()
	if err != nil {
		return err
	}
	text, tags, err := bindingsText(ctx, c)
	if err != nil {
		return err
	}
	path, err := temporary(append([]byte(bindingsHelp), text...))
	if err != nil {
		return err
	}
	edited, err := edit(ctx, env.Term, path)
	if err != nil {
		return err
	}
	if len(edited) == 0 || sameBindings(edited, text) {
		env.Term.Note("nothing has changed")
		return os.Remove(path)
	}
	if err := replaceBindings(ctx, env.Term, c, path, edited, tags); err != nil {
		env.Term.Note("usher: your changes are in a file: usher bindings set --file %s", path)
		return err
	}
	return os.Remove(path)
}

// changedMeanwhile is the error of bindings that another client changed first.
func changedMeanwhile(trigger host.Trigger, cause error) error {
	return &host.Error{
		Code: host.Stale, Text: fmt.Sprintf("the bindings of %s have changed since you read them; your changes were not applied", trigger),
		Hint: "see the present ones with 'usher bindings', then edit again, or overwrite them with yours", Err: cause,
	}
}

// sameBindings reports whether edited changes none of the bindings in text; false when
// one can't be read. A trigger that it leaves out stays as it is.
func sameBindings(edited, text []byte) bool {
	after, err := desired.DecodeBindings("", edited)
	if err != nil {
		return false
	}
	before, err := desired.DecodeBindings("", text)
	if err != nil {
		return false
	}
	for trigger, list := range before {
		if _, named := after[trigger]; !named {
			after[trigger] = list
		}
	}
	again, err := desired.EncodeBindings(after)
	return err == nil && bytes.Equal(again, text)
}

// bindingsText is every trigger's bindings, as they are edited, with the tags by
// which they may be replaced.
func bindingsText(ctx context.Context, c *client.Client) ([]byte, map[host.Trigger]string, error) {
	all, tags := map[host.Trigger][]desired.Binding{}, map[host.Trigger]string{}
	for _, trigger := range host.Triggers() {
		list, tag, err := c.TaggedBindings(ctx, trigger)
		if err != nil {
			return nil, nil, err
		}
		all[trigger], tags[trigger] = desired.Bindings(list), tag
	}
	text, err := desired.EncodeBindings(all)
	return text, tags, err
}

// temporary writes text to a file that only the user may read.
func temporary(text []byte) (string, error) {
	f, err := os.CreateTemp("", "usher-bindings-*.yaml")
	if err != nil {
		return "", fmt.Errorf("make a file to edit: %w", err)
	}
	_, err = f.Write(text)
	return f.Name(), errors.Join(err, f.Close())
}

// edit opens a file in the user's editor, and returns what it holds
// afterwards: nothing when only white space and comments are left.
func edit(ctx context.Context, t term.Terminal, path string) ([]byte, error) {
	command := editor()
	cmd := exec.CommandContext(ctx, "sh", "-c", command+` "$1"`, "sh", path)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = t.In, t.TTY, t.TTY
	if err := cmd.Run(); err != nil {
		return nil, &host.Error{
			Code: host.Refused, Text: fmt.Sprintf("the editor %q failed: %v", command, err), Err: err,
			Hint: "name another with EDITOR, or write a file and give it to 'usher bindings set --file'",
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read what was edited: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			return text, nil
		}
	}
	return nil, nil
}

// editor is the command of the user's editor.
func editor() string {
	for _, name := range []string{"VISUAL", "EDITOR"} {
		if command := os.Getenv(name); command != "" {
			return command
		}
	}
	return "vi"
}

// setBindings makes a file's bindings the host's.
func setBindings(ctx context.Context, env *command.Env, path string) error {
	text, err := command.ReadInput(env.Term, path)
	if err != nil {
		return err
	}
	c, err := env.Client()
	if err != nil {
		return err
	}
	return replaceBindings(ctx, env.Term, c, path, text, nil)
}

// replaceBindings makes a file's bindings the host's; where there is a tag, if
// the present ones still have it.
func replaceBindings(ctx context.Context, t term.Terminal, c *client.Client, path string, text []byte, tags map[host.Trigger]string) error {
	wanted, err := desired.DecodeBindings(path, text)
	if err != nil {
		return err
	}
	if len(wanted) == 0 {
		return term.UsageError{Err: fmt.Errorf("%s names no trigger", path), Hint: "it begins with '" + string(host.PostUserRegistration) + ":'"}
	}
	answers := map[host.Trigger][]host.Binding{}
	for trigger, list := range wanted {
		answers[trigger], err = c.ReplaceBindingsIf(ctx, trigger, desired.Writes(list), tags[trigger])
		if host.CodeOf(err) == host.Stale {
			return changedMeanwhile(trigger, err)
		}
		if err != nil {
			return err
		}
	}
	return t.Answer(map[string]any{"bindings": answers}, func(w io.Writer) {
		for trigger, list := range answers {
			if len(list) == 0 {
				term.Fprintf(w, "nothing is bound to %s\n", trigger)
				continue
			}
			bindingTable(t, w, list)
		}
	})
}
