package author

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/desired"
	"github.com/usherhost/usher/sdk/templates"
)

func newInit(env *command.Env) *cobra.Command {
	var language, trigger string
	cmd := &cobra.Command{
		Use:   "init NAME",
		Short: "Create a new action from a template",
		Long: `Make the folder NAME with a small working action: its source, its action.yaml,
an event to try it on, and the SDK of its language. In JavaScript (js) and
TypeScript (ts) there are also answers to its requests and tests.

An action of the trigger post-user-registration is called after a user was created,
one of pre-user-registration before, to allow or deny it.`,
		Example: `  usher init welcome-mail
  usher init sync-crm --lang ts
  usher init check-email --trigger pre-user-registration
  usher dev welcome-mail
  usher actions deploy welcome-mail --bind`,
		GroupID:     command.GroupAuthor,
		Args:        command.Exactly("NAME"),
		Annotations: map[string]string{command.WithoutConfig: "true"},
		RunE:        func(_ *cobra.Command, args []string) error { return initAction(env.Term, args[0], language, trigger) },
	}
	cmd.Flags().StringVar(&language, "lang", "js", "language: "+strings.Join(templates.Languages(), ", "))
	_ = cmd.RegisterFlagCompletionFunc("lang", cobra.FixedCompletions(templates.Languages(), cobra.ShellCompDirectiveNoFileComp))
	cmd.Flags().StringVar(&trigger, "trigger", templates.Triggers()[0], "trigger of the action: "+strings.Join(templates.Triggers(), ", "))
	_ = cmd.RegisterFlagCompletionFunc("trigger", cobra.FixedCompletions(templates.Triggers(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// actionName is the form of an action's name in an action.yaml.
var actionName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func initAction(t term.Terminal, dir, language, trigger string) error {
	name := filepath.Base(dir)
	if err := checkInit(name, language, trigger); err != nil {
		return err
	}
	if err := mustBeFree(dir); err != nil {
		return err
	}
	files, err := templates.Files(language, trigger, name)
	if err != nil {
		return err
	}
	if err := writeFiles(dir, files); err != nil {
		return err
	}
	if made, err := desired.ReadFile(dir); err == nil && made.Build != "" {
		_ = remember(consentFile(dir, made.Build)) // the command is ours; without this it is asked for
	}
	paths := slices.Sorted(maps.Keys(files))
	script := files["fakes.json"] != nil
	if script {
		if _, err := typesIn(dir); err != nil {
			return err
		}
		paths = append(paths, typingsFile)
	}
	return t.Answer(map[string]any{"name": name, "dir": dir, "language": language, "trigger": trigger, "files": paths}, func(w io.Writer) {
		term.Fprintf(w, "made %s (%d files); its settings are in %s\n", dir, len(paths), filepath.Join(dir, desired.FileName))
		try := "run"
		if script {
			try = "dev"
		}
		term.Fprintf(w, "next: usher %s %s\nnext: usher actions deploy %s --bind\n", try, dir, dir)
	})
}

// checkInit refuses what there is no template for.
func checkInit(name, language, trigger string) error {
	if !actionName.MatchString(name) || len(name) > 64 {
		return term.UsageError{
			Err:  fmt.Errorf("%q is not a name for an action", name),
			Hint: "use lower-case letters, digits and single hyphens, at most 64, such as welcome-mail",
		}
	}
	if !slices.Contains(templates.Languages(), language) {
		return term.UsageError{
			Err:  fmt.Errorf("no template for the language %q", language),
			Hint: term.DidYouMean(language, templates.Languages(), "the languages are "+strings.Join(templates.Languages(), ", ")),
		}
	}
	if !slices.Contains(templates.Triggers(), trigger) {
		return term.UsageError{
			Err:  fmt.Errorf("unknown trigger %q", trigger),
			Hint: "it is one of " + strings.Join(templates.Triggers(), ", "),
		}
	}
	return nil
}

// mustBeFree refuses a folder that has something in it.
func mustBeFree(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at %s: %w", dir, err)
	}
	return &host.Error{Code: host.Conflict, Text: dir + " exists and is not empty", Hint: "choose another name"}
}

// writeFiles writes files below dir. Scripts may be run.
func writeFiles(dir string, files map[string][]byte) error {
	for path, data := range files {
		target := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		mode := os.FileMode(0o644)
		if bytes.HasPrefix(data, []byte("#!")) {
			mode = 0o755
		}
		if err := os.WriteFile(target, data, mode); err != nil {
			return err
		}
	}
	return nil
}
