package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
)

// newVersions is `usher versions`, which is `usher actions versions` too.
func newVersions(env *command.Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "versions ACTION",
		Short: "List an action's versions, newest first",
		Example: `  usher versions notify-slack
  usher versions show notify-slack 3`,
		GroupID: command.GroupWork,
		Args:    command.Exactly("ACTION"),
		RunE:    func(cmd *cobra.Command, args []string) error { return listVersions(cmd.Context(), env, args[0]) },
	}
	cmd.AddCommand(newVersionsShow(env), newVersionsDeploy(env))
	return cmd
}

func newActionsVersions(env *command.Env) *cobra.Command {
	cmd := newVersions(env)
	cmd.GroupID = ""
	return cmd
}

func listVersions(ctx context.Context, env *command.Env, action string) error {
	c, err := env.Client()
	if err != nil {
		return err
	}
	versions, err := c.Versions(ctx, action)
	if err != nil {
		return err
	}
	return env.Term.Answer(map[string]any{"versions": term.NotNil(versions)}, func(w io.Writer) {
		if len(versions) == 0 {
			env.Term.Note("no versions yet; create one: usher actions deploy DIR")
			return
		}
		versionTable(env.Term, w, versions)
	})
}

func versionTable(t term.Terminal, w io.Writer, versions []host.Version) {
	rows := make([][]string, len(versions))
	for i, v := range versions {
		state := string(v.Status)
		if v.Deployed {
			state = t.Green("deployed")
		}
		rows[i] = []string{
			"v" + strconv.Itoa(v.Number), v.ID, originOf(v), term.ByteSize(v.SizeBytes),
			v.Digest[:min(len(v.Digest), 19)], term.ShortTime(v.CreatedAt), state,
		}
	}
	t.Table(w, []string{"VERSION", "ID", "FROM", "SIZE", "DIGEST", "CREATED", "STATE"}, rows)
}

// originOf is what a version was made of.
func originOf(v host.Version) string {
	if v.Source == nil && v.Revision == 0 {
		return "upload"
	}
	return "code"
}

func newVersionsDeploy(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:     "deploy ACTION NUMBER",
		Short:   "Deploy an existing version",
		Example: "  usher versions deploy notify-slack 3",
		Args:    command.Exactly("ACTION", "NUMBER"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return deployVersion(cmd.Context(), env, args[0], args[1])
		},
	}
}

func deployVersion(ctx context.Context, env *command.Env, action, number string) error {
	c, err := env.Client()
	if err != nil {
		return err
	}
	v, err := c.Deploy(ctx, action, number)
	if err != nil {
		return err
	}
	return env.Term.Answer(v, func(w io.Writer) { term.Fprintf(w, "%s: version %d deployed\n", action, v.Number) })
}

func newRollback(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "rollback ACTION [VERSION]",
		Short: "Deploy an earlier version, the previous one by default",
		Long: `Deploy an earlier version of an action again. VERSION is a number or an
id; by default, the newest version that is older than the deployed one. Executions
that were accepted before continue with their versions.`,
		Example: `  usher rollback notify-slack
  usher rollback notify-slack 3`,
		GroupID: command.GroupWork,
		Args:    command.Between(1, 2, "ACTION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 {
				return deployVersion(cmd.Context(), env, args[0], args[1])
			}
			return rollback(cmd.Context(), env, args[0])
		},
	}
}

func rollback(ctx context.Context, env *command.Env, action string) error {
	c, err := env.Client()
	if err != nil {
		return err
	}
	versions, err := c.Versions(ctx, action)
	if err != nil {
		return err
	}
	v, err := earlier(action, versions)
	if err != nil {
		return err
	}
	return deployVersion(ctx, env, action, strconv.Itoa(v.Number))
}

// earlier returns the newest version that is older than the deployed one.
func earlier(action string, newestFirst []host.Version) (host.Version, error) {
	deployed := 0
	for _, v := range newestFirst {
		switch {
		case v.Deployed:
			deployed = v.Number
		case deployed > 0 && v.Status == host.BuildBuilt:
			return v, nil
		}
	}
	refusal := &host.Error{Code: host.Conflict, Text: action + " has no version before the deployed one", Hint: "list the versions: usher versions " + action}
	if deployed == 0 {
		refusal.Text = action + " has no deployed version to go back from"
		refusal.Hint = "name the version to deploy: usher rollback " + action + " VERSION"
	}
	return host.Version{}, refusal
}

func newVersionsShow(env *command.Env) *cobra.Command {
	return &cobra.Command{
		Use:     "show ACTION NUMBER",
		Short:   "Show a version's imports and secrets, and its allowed and contacted origins",
		Example: "  usher versions show notify-slack 3",
		Args:    command.Exactly("ACTION", "NUMBER"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := env.Client()
			if err != nil {
				return err
			}
			found, err := c.Capabilities(cmd.Context(), args[0], strings.TrimPrefix(args[1], "v"))
			if err != nil {
				return err
			}
			return env.Term.Answer(found, func(w io.Writer) { printCapabilities(env.Term, w, found) })
		},
	}
}

// importsOf lists the functions that a version imports, each once, in a line for each
// module.
func importsOf(found host.Capabilities) []string {
	names := map[string][]string{}
	for _, f := range found.Imports {
		names[f.Module] = append(names[f.Module], f.Name)
	}
	var lines []string
	for _, module := range slices.Sorted(maps.Keys(names)) {
		slices.Sort(names[module])
		lines = append(lines, module+": "+strings.Join(slices.Compact(names[module]), ", "))
	}
	return lines
}

func printCapabilities(t term.Terminal, w io.Writer, found host.Capabilities) {
	declared := strings.Join(found.Egress.Declared, ", ")
	if found.Egress.Mode == host.EgressPublic {
		declared = "every public address"
	}
	t.Pairs(w, "version", fmt.Sprintf("v%d, %s", found.Number, found.VersionID), "digest", found.Digest,
		"wants to call", cmp.Or(declared, "nothing"), "wants secrets", cmp.Or(strings.Join(found.Secrets.Declared, ", "), "none"))
	for _, line := range importsOf(found) {
		term.Fprintf(w, "imports        %s\n", line)
	}
	term.Fprintf(w, "\nin its latest %s:\n", term.Count(found.Looked, "execution"))
	t.Pairs(w, "called", cmp.Or(strings.Join(found.Functions, ", "), "nothing"), "read secrets", cmp.Or(strings.Join(found.Secrets.Read, ", "), "none"))
	if len(found.Egress.Contacted) == 0 {
		term.Fprintln(w, "it has sent no requests so far")
		return
	}
	term.Fprintln(w)
	contactedTable(t, w, found.Egress.Contacted)
}
