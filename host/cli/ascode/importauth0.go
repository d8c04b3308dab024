package ascode

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/desired"
	"github.com/usherhost/usher/host/desired/deploycli"
)

func newImport(env *command.Env) *cobra.Command {
	return command.Parent("import", "Import actions from other systems", command.GroupFiles, newImportAuth0(env))
}

// importFlags are the flags of `usher import auth0`.
type importFlags struct {
	replace []string
	modules bool
	out     string
	dryRun  bool
	yes     bool
}

func newImportAuth0(env *command.Env) *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:   "auth0 DIR|FILE",
		Short: "Import an export of Auth0's deploy tool",
		Long: `Read an export of auth0-deploy-cli (a tenant.yaml, or a folder in its YAML or directory
format), create or change the actions for post-user-registration, and bind them in their
order. The plan is shown first. Exports contain no secret values: an action that
lacks one is created and not deployed; set the value and import again.
What can't be imported, such as other triggers and integrations, is listed.
With --out nothing is sent to a host: the actions are written as files for
'usher apply', with references in place of the values of secrets.`,
		Example: `  npx auth0-deploy-cli export --format=yaml --output_folder=tenant
  usher import auth0 tenant --dry-run
  usher import auth0 tenant --out prod`,
		Args: command.Exactly("DIR|FILE"),
		RunE: func(cmd *cobra.Command, args []string) error { return importAuth0(env, cmd, args[0], f) },
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&f.replace, "replace", nil, "NAME=VALUE of a marker ##NAME## or @@NAME@@ in the export; repeatable")
	flags.BoolVar(&f.modules, "with-modules", false, "also import actions that require shared modules, which the host must have")
	flags.StringVar(&f.out, "out", "", "write files to this folder instead")
	flags.BoolVar(&f.dryRun, "dry-run", false, "show the plan only")
	command.AddYes(cmd, &f.yes)
	cmd.MarkFlagsMutuallyExclusive("out", "dry-run")
	return cmd
}

func importAuth0(env *command.Env, cmd *cobra.Command, path string, f importFlags) error {
	keywords, err := command.SplitPairs("replace", f.replace)
	if err != nil {
		return err
	}
	found, err := deploycli.Read(path, deploycli.Options{Keywords: keywords, Modules: f.modules})
	if err != nil {
		return err
	}
	if f.out != "" {
		written, err := desired.WriteFolder(f.out, found.Setup)
		if err != nil {
			return err
		}
		return printWritten(env.Term, f.out, found.Setup, written, remarks(found))
	}
	o := desired.Options{Notes: remarks(found)}
	if !f.dryRun {
		return applySetup(cmd.Context(), env, found.Setup, o, f.yes)
	}
	c, err := env.Client()
	if err != nil {
		return err
	}
	_, err = planFor(cmd.Context(), env.Term, c, found.Setup, o)
	return err
}

// remarks lists what can't be imported and what needs a check.
func remarks(found deploycli.Import) []string {
	var all []string
	for _, text := range found.Misfits {
		all = append(all, fmt.Sprintf("not imported: %s", text))
	}
	return append(all, found.Notes...)
}
