package desired

import (
	"context"
	"fmt"
	"strconv"

	"github.com/usherhost/usher/host"
)

// Reader reads what a host runs; [client.Client] is one.
type Reader interface {
	Actions(ctx context.Context, trigger host.Trigger) ([]host.Action, error)
	Draft(ctx context.Context, action string) (host.Draft, error)
	Versions(ctx context.Context, action string) ([]host.Version, error) // newest first; their sources may be left out
	Version(ctx context.Context, action, number string) (host.Version, error)
	Bindings(ctx context.Context, trigger host.Trigger) ([]host.Binding, error)
}

// Modules reads the module of a version; [client.Client] is one.
type Modules interface {
	Module(ctx context.Context, action, number string) ([]byte, error)
}

// state is an action as a host has it.
type state struct {
	id       string
	runs     Action  // the deployed version, or else the newest that there is
	draft    *Action // nil without one
	deployed *host.Version
	newest   *host.Version
}

// readState reads one action of a host.
func readState(ctx context.Context, r Reader, a host.Action) (state, error) {
	s := state{id: a.ID}
	draft, err := r.Draft(ctx, a.ID)
	switch {
	case err == nil:
		d := described(a, &draft.Source, nil)
		s.draft = &d
	case host.CodeOf(err) != host.NotFound:
		return s, fmt.Errorf("read the draft of %s: %w", a.Name, err)
	}
	if err := s.readVersions(ctx, r, a); err != nil {
		return s, fmt.Errorf("read the versions of %s: %w", a.Name, err)
	}
	switch {
	case s.deployed != nil:
		s.runs = described(a, s.deployed.Source, s.deployed)
	case s.draft != nil:
		s.runs = *s.draft
	default:
		s.runs = described(a, nil, s.newest)
	}
	s.runs.Undeployed = s.deployed == nil
	return s, nil
}

// readVersions reads the deployed version, or else the newest of an action that
// has no draft.
func (s *state) readVersions(ctx context.Context, r Reader, a host.Action) error {
	if a.Deployed != nil {
		v, err := r.Version(ctx, a.ID, strconv.Itoa(a.Deployed.Number))
		s.deployed, s.newest = &v, &v
		return err
	}
	if s.draft != nil {
		return nil
	}
	versions, err := r.Versions(ctx, a.ID)
	if len(versions) > 0 {
		s.newest = &versions[0]
	}
	return err
}

// described is an action with a source, or else with the module of version v; with
// neither when both are nil.
func described(a host.Action, source *host.Source, v *host.Version) Action {
	out := Action{Name: a.Name, Trigger: a.Trigger, Secrets: map[string]Reference{}}
	for _, secret := range a.Secrets {
		out.Secrets[secret.Name] = Reference{}
	}
	switch {
	case source != nil:
		out.Source = source
	case v != nil:
		out.Digest, out.Manifest = v.Digest, v.Manifest
	}
	return out
}

// stale reports whether the draft is another source than what runs.
func (s state) stale() bool {
	return s.draft != nil && s.deployed != nil &&
		(s.runs.Source == nil || render(*s.draft) != render(Action{
			Name: s.runs.Name, Trigger: s.runs.Trigger, Secrets: s.runs.Secrets, Source: s.runs.Source,
		}))
}

// ReadHost reads the setup of a host, with the bytes of its modules. The notes
// name what the host has and a folder can't hold.
func ReadHost(ctx context.Context, r interface {
	Reader
	Modules
},
) (Setup, []string, error) {
	var s Setup
	var notes []string
	actions, err := r.Actions(ctx, "")
	if err != nil {
		return s, nil, err
	}
	for _, a := range actions {
		found, err := readState(ctx, r, a)
		if err != nil {
			return s, nil, err
		}
		notes = append(notes, found.notes()...)
		if found.runs.Digest != "" {
			if found.runs.Module, err = r.Module(ctx, a.ID, strconv.Itoa(found.newest.Number)); err != nil {
				return s, nil, fmt.Errorf("read the module of %s: %w", a.Name, err)
			}
		}
		s.Actions = append(s.Actions, found.runs)
	}
	byName(s.Actions)
	s.Bindings, err = readBindings(ctx, r)
	return s, notes, err
}

func (s state) notes() []string {
	var notes []string
	if s.stale() {
		notes = append(notes, s.runs.Name+": its draft is not what is deployed; the files have what is deployed")
	}
	if s.runs.Source != nil && len(s.runs.Source.SharedModules) > 0 {
		notes = append(notes, s.runs.Name+": the shared modules that it requires are not among the files; another host needs them first")
	}
	return notes
}

func readBindings(ctx context.Context, r Reader) (map[host.Trigger][]Binding, error) {
	bindings := map[host.Trigger][]Binding{}
	for _, trigger := range host.Triggers() {
		list, err := r.Bindings(ctx, trigger)
		if err != nil {
			return nil, fmt.Errorf("read the bindings of %s: %w", trigger, err)
		}
		bindings[trigger] = Bindings(list)
	}
	return bindings, nil
}
