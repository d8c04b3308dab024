package main

import (
	"context"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
)

// newVersions is `usher versions`, which is `usher actions versions` too.
func newVersions(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "versions ACTION",
		Short:   "List an action's versions, newest first",
		GroupID: groupWork,
		Args:    exactly("ACTION"),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.listVersions(cmd.Context(), args[0]) },
	}
	cmd.AddCommand(newVersionsShow(a), newVersionsDeploy(a))
	return cmd
}

func newActionsVersions(a *app) *cobra.Command {
	cmd := newVersions(a)
	cmd.GroupID = ""
	return cmd
}

func (a *app) listVersions(ctx context.Context, action string) error {
	c, err := a.client()
	if err != nil {
		return err
	}
	versions, err := c.Versions(ctx, action)
	if err != nil {
		return err
	}
	return a.term.answer(map[string]any{"versions": notNil(versions)}, func(w io.Writer) {
		if len(versions) == 0 {
			a.term.note("no versions yet; make one: usher actions deploy DIR")
			return
		}
		a.versionTable(w, versions)
	})
}

func (a *app) versionTable(w io.Writer, versions []host.Version) {
	rows := make([][]string, len(versions))
	for i, v := range versions {
		state := string(v.Status)
		if v.Deployed {
			state = a.term.green("deployed")
		}
		rows[i] = []string{
			"v" + strconv.Itoa(v.Number), v.ID, originOf(v), byteSize(v.SizeBytes),
			v.Digest[:min(len(v.Digest), 19)], shortTime(v.CreatedAt), state,
		}
	}
	a.term.table(w, []string{"VERSION", "ID", "FROM", "SIZE", "DIGEST", "CREATED", "STATE"}, rows)
}

// originOf tells what a version was made of.
func originOf(v host.Version) string {
	if v.Source == nil && v.Revision == 0 {
		return "upload"
	}
	return "code"
}

func newVersionsDeploy(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "deploy ACTION NUMBER",
		Short: "Deploy a version that is there already",
		Args:  exactly("ACTION", "NUMBER"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.deployVersion(cmd.Context(), args[0], args[1])
		},
	}
}

func (a *app) deployVersion(ctx context.Context, action, number string) error {
	c, err := a.client()
	if err != nil {
		return err
	}
	v, err := c.Deploy(ctx, action, number)
	if err != nil {
		return err
	}
	return a.term.answer(v, func(w io.Writer) { fprintf(w, "%s: version %d deployed\n", action, v.Number) })
}

func newRollback(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "rollback ACTION [VERSION]",
		Short: "Deploy an earlier version: the one before, unless told which",
		Long: `Deploy an earlier version of an action again. Without VERSION, a number or an
id, it is the newest one that is older than what is deployed. Executions that
were accepted before go on with the versions that they began with.`,
		Example: `  usher rollback notify-slack
  usher rollback notify-slack 3`,
		GroupID: groupWork,
		Args:    between(1, 2, "ACTION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 {
				return a.deployVersion(cmd.Context(), args[0], args[1])
			}
			return a.rollback(cmd.Context(), args[0])
		},
	}
}

func (a *app) rollback(ctx context.Context, action string) error {
	c, err := a.client()
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
	return a.deployVersion(ctx, action, strconv.Itoa(v.Number))
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
	refusal := &host.Error{Code: host.Conflict, Text: action + " has no version before the deployed one", Hint: "see what there is: usher versions " + action}
	if deployed == 0 {
		refusal.Text = action + " has no deployed version to go back from"
		refusal.Hint = "name the version to deploy: usher rollback " + action + " VERSION"
	}
	return host.Version{}, refusal
}
