package author

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/desired"
	"github.com/usherhost/usher/host/files"
	"github.com/usherhost/usher/host/internal/jsscan"
)

// devAction is one action under development.
type devAction struct {
	path     string // a file or a folder
	target   target
	job      *job      // of the last build that was good; nil: there was none
	at       time.Time // when that was
	took     time.Duration
	fresh    bool // it was built since it last ran
	err      error
	recorded *recorded // of the execution that a flag names; nil: not read yet
	files    []string  // whole paths: the script, and its own files that it imports
}

// findActions finds the action at a path, or those of a folder that is none itself: in
// its folder actions, as 'usher apply' reads it, or else in its folders and scripts.
func findActions(path string) (found []*devAction, alone bool, err error) {
	setup := !isFile(filepath.Join(path, desired.FileName)) && (isFolder(filepath.Join(path, "actions")) || isFile(filepath.Join(path, desired.BindingsFile)))
	if t, err := findTarget(path); !isFolder(path) || !setup && host.CodeOf(err) != host.NotFound {
		return []*devAction{{path: path, target: t}}, true, err
	}
	dir := path
	if isFolder(filepath.Join(path, "actions")) {
		dir = filepath.Join(path, "actions")
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, false, fmt.Errorf("look for actions: %w", err)
	}
	for _, entry := range entries {
		if at := filepath.Join(dir, entry.Name()); isAction(at, entries) {
			found = append(found, &devAction{path: at})
		}
	}
	if len(found) > 0 {
		return found, false, nil
	}
	_, err = findTarget(path)
	return nil, false, err
}

// isAction reports whether a folder or a file beside others is an action: a folder that
// has one, a script that names the handler of a trigger, or a module that is not built
// from a file beside it.
func isAction(path string, beside []os.DirEntry) bool {
	name := filepath.Base(path)
	if isFolder(path) {
		if skipNoSource("", path, name) != nil {
			return false
		}
		_, err := findTarget(path)
		return host.CodeOf(err) != host.NotFound
	}
	stem := strings.TrimSuffix(name, filepath.Ext(name))
	if filepath.Ext(name) == ".wasm" {
		return !slices.ContainsFunc(beside, func(e os.DirEntry) bool { return isScript(e.Name()) && strings.HasPrefix(e.Name(), stem+".") })
	}
	if !isScript(path) || slices.Contains([]string{".test", ".spec", ".config"}, filepath.Ext(stem)) {
		return false
	}
	code, err := os.ReadFile(path)
	return err == nil && slices.ContainsFunc(host.Triggers(), func(t host.Trigger) bool { return jsscan.Mentions(string(code), t.Entry()) })
}

// name returns what the action is called.
func (a *devAction) name() string {
	if a.target.name == "" {
		return scriptName(a.path)
	}
	return a.target.name
}

// reload builds an action again. One that can't be built stays as it was.
func (d *development) reload(ctx context.Context, a *devAction) {
	began := time.Now()
	var j *job
	a.target, a.err = findTarget(a.path)
	if a.err == nil {
		if a.files = nil; isScript(a.target.path) {
			a.files = absolute(scriptFiles(a.target.path))
		}
		j, a.err = d.load(ctx, a)
	}
	if a.err != nil {
		return
	}
	a.job, a.at, a.took, a.fresh = j, time.Now(), time.Since(began), true
}

// load builds an action, and checks that it fits and that its files can be read.
func (d *development) load(ctx context.Context, a *devAction) (*job, error) {
	if err := keepTypings(a.target); err != nil {
		return nil, err
	}
	for _, other := range d.actions {
		if other != a && other.job != nil && other.job.name == a.target.name {
			return nil, &host.Error{Code: host.Conflict, Text: fmt.Sprintf("%s and %s are both called %s", other.path, a.path, a.target.name), Hint: "give one of them another name"}
		}
	}
	if err := d.fetch(ctx, a); err != nil {
		return nil, err
	}
	f, err := d.flagsOf(a)
	if err != nil {
		return nil, err
	}
	j, err := f.load(ctx, d.app, d.tools, a.target, a.target.path)
	if err != nil {
		return nil, err
	}
	r, err := f.start(ctx, d.app, d.tools, j)
	if err != nil {
		return nil, err
	}
	r.network.close()
	return j, nil
}

// fetch reads what the host has of an execution for an action, once.
func (d *development) fetch(ctx context.Context, a *devAction) (err error) {
	if d.flags.execution != "" && a.recorded == nil {
		a.recorded, err = fetchExecution(ctx, d.app, d.flags.execution, a.target.name)
	}
	return err
}

// flagsOf returns the flags with which an action runs: those of the command, and the files
// beside the action.
func (d *development) flagsOf(a *devAction) (runFlags, error) {
	f := d.flags.runFlags
	if f.recorded = a.recorded; f.recorded != nil {
		f.shared = f.recorded.secretsWith(nil)
	}
	if d.alone {
		f.takeFiles(d.cmd, a.target)
		return f, nil
	}
	shared, err := d.shared()
	if err != nil {
		return f, err
	}
	if f.recorded != nil {
		shared = f.recorded.secretsWith(shared)
	}
	f.shared = shared
	f.secrets, f.secretsFile, f.bound = nil, "", d.settingsOf(a)
	single := !isFolder(a.path)
	if single && f.fakes == "" && f.record == "" && !d.cmd.Flags().Changed("fakes") {
		f.fakes = a.target.beside(strings.TrimSuffix(filepath.Base(a.path), filepath.Ext(a.path)) + ".fakes.json")
	}
	own := f
	own.takeFiles(d.cmd, a.target)
	if f.fakes = own.fakes; !single {
		f.secretsFile = own.secretsFile
	}
	return f, nil
}

// shared are the secrets of the whole folder: in its .env or in the file of a flag, and in
// flags. An action gets those that it names.
func (d *development) shared() (map[string]string, error) {
	path := d.flags.secretsFile
	if path == "" && !d.cmd.Flags().Changed("secrets-file") {
		path = target{dir: d.path}.beside(".env")
	}
	values := map[string]string{}
	if path != "" {
		var err error
		if values, err = readSecretsFile(path); err != nil {
			return nil, err
		}
	}
	given, err := secretFlags(d.flags.secrets)
	maps.Copy(values, given)
	return values, err
}

// settingsOf are those of the action's binding in the folder's bindings.yaml.
func (d *development) settingsOf(a *devAction) host.Settings {
	for _, list := range d.bindings {
		for _, b := range list {
			if b.Action == a.target.name {
				return b.Settings
			}
		}
	}
	return host.Settings{}
}

// readOrder reads the order of a folder's actions from the bindings.yaml that 'usher
// apply' would use; without it, they run by name.
func (d *development) readOrder() error {
	if d.bindings = nil; d.alone {
		return nil
	}
	folder, err := files.Open(d.path)
	if err != nil {
		return err
	}
	defer func() { _ = folder.Close() }()
	if folder.Check(desired.BindingsFile) != nil {
		return nil
	}
	data, err := folder.Read(desired.BindingsFile, files.MaxText)
	if err != nil {
		return fmt.Errorf("read the order: %w", err)
	}
	d.bindings, err = desired.DecodeBindings(filepath.Join(d.path, desired.BindingsFile), data)
	return err
}

// plan returns the actions of a trigger that can run, in their order.
func (d *development) plan(trigger host.Trigger) (plan []*devAction) {
	order, listed := d.order(trigger)
	for _, a := range d.actions {
		if a.job == nil || a.job.trigger != trigger || listed && !slices.Contains(order, a.job.name) {
			continue
		}
		plan = append(plan, a)
	}
	place := func(a *devAction) int {
		if i := slices.Index(order, a.job.name); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortStableFunc(plan, func(a, b *devAction) int {
		if place(a) != place(b) {
			return place(a) - place(b)
		}
		return strings.Compare(a.job.name, b.job.name)
	})
	return plan
}

// order returns the names that have a place of their own, and whether others do not run.
func (d *development) order(trigger host.Trigger) (names []string, listed bool) {
	if len(d.flags.order) > 0 {
		return d.flags.order, false
	}
	list, listed := d.bindings[trigger]
	for _, b := range list {
		names = append(names, b.Action)
	}
	return names, listed
}

// checkOrder reports names of --order that no action has.
func (d *development) checkOrder() error {
	var names []string
	for _, a := range d.actions {
		names = append(names, a.name())
	}
	for _, name := range d.flags.order {
		if !slices.Contains(names, name) {
			return term.UsageError{Err: fmt.Errorf("--order: there is no action %q in %s", name, d.path), Hint: term.DidYouMean(name, names, "the actions are "+strings.Join(names, ", "))}
		}
	}
	return nil
}

// concerns reports whether a change of a file may change an action.
func (d *development) concerns(a *devAction, file string) bool {
	at := absolute([]string{a.path})[0]
	if d.alone || file == at || isFolder(a.path) && below(file, at) || slices.Contains(a.files, file) {
		return true
	}
	named := absolute([]string{d.flags.fakes, d.flags.secretsFile, filepath.Join(d.path, ".env"), filepath.Join(d.path, desired.BindingsFile)})
	if slices.Contains(named, file) {
		return true
	}
	dir := filepath.Dir(at)
	stem := strings.TrimSuffix(filepath.Base(at), filepath.Ext(at))
	return !isFolder(a.path) && filepath.Dir(file) == dir && slices.Contains([]string{"fakes.json", "fakes.yaml", "fakes.yml", stem + ".fakes.json"}, filepath.Base(file))
}

// follow brings the list of a folder's actions up to date, and returns those that are new.
func (d *development) follow() (added []*devAction) {
	if d.alone {
		return nil
	}
	found, _, err := findActions(d.path)
	if err != nil {
		return nil // the folder is empty for now
	}
	for i, a := range found {
		known := slices.IndexFunc(d.actions, func(b *devAction) bool { return a.path == b.path })
		if known >= 0 {
			found[i] = d.actions[known]
		} else {
			added = append(added, a)
		}
	}
	d.actions = found
	return added
}
