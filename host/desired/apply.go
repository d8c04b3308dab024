package desired

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/usherhost/usher/host"
)

// Writer changes a host; the client does.
type Writer interface {
	CreateAction(ctx context.Context, name string, trigger host.Trigger, secrets ...host.SecretWrite) (host.Action, error)
	DeleteAction(ctx context.Context, action string, force bool) (canceledSteps int, err error)
	PatchSecrets(ctx context.Context, action string, put []host.SecretWrite, remove []string) ([]host.Secret, error)
	Draft(ctx context.Context, action string) (host.Draft, error)
	PutDraft(ctx context.Context, action string, source host.Source, deploy bool) (host.Draft, error)
	CreateVersion(ctx context.Context, action string, wasm []byte, m host.Manifest, deploy bool) (host.Version, error)
	Deploy(ctx context.Context, action, number string) (host.Version, error)
	ReplaceBindings(ctx context.Context, trigger host.Trigger, list []host.BindingWrite) ([]host.Binding, error)
}

// Do carries the step out. It may be called again after an error.
func (s Step) Do(ctx context.Context, w Writer) error {
	if err := s.do(ctx, w); err != nil {
		return fmt.Errorf("%s %s: %w", s.Verb, s.Object, err)
	}
	return nil
}

// change creates an action, or changes it.
type change struct {
	id      string // "" creates it
	want    Action
	have    state
	put     []host.SecretWrite
	remove  []string
	content bool // its source or module, or whether it runs
}

func (c change) do(ctx context.Context, w Writer) error {
	created := c.id == ""
	if created {
		a, err := w.CreateAction(ctx, c.want.Name, c.want.Trigger, c.put...)
		if err != nil {
			return err
		}
		c.id = a.ID
	} else if len(c.put) > 0 || len(c.remove) > 0 {
		if _, err := w.PatchSecrets(ctx, c.id, c.put, c.remove); err != nil {
			return err
		}
	}
	deploy := !c.want.Undeployed
	switch {
	case c.want.Source != nil && (created || c.content || c.newSecretNames(deploy)):
		return PutSource(ctx, w, c.id, *c.want.Source, deploy)
	case c.want.Digest != "" && (created || c.content):
		return c.module(ctx, w, deploy)
	}
	return nil
}

// newSecretNames reports whether secrets are added or removed, so that the code
// must be deployed again: a version that the host built declares the secrets that
// the action had then.
func (c change) newSecretNames(deploy bool) bool {
	stored := func(name string) bool { _, ok := c.have.runs.Secrets[name]; return ok }
	isNew := slices.ContainsFunc(c.put, func(s host.SecretWrite) bool { return !stored(s.Name) })
	return deploy && (isNew || len(c.remove) > 0)
}

// PutSource stores the draft of an action, and deploys it when it is built if
// deploy is set. A source that can't be built is [host.Refused].
func PutSource(ctx context.Context, w Writer, action string, s host.Source, deploy bool) error {
	draft, err := w.PutDraft(ctx, action, s, deploy)
	for try := 1; try < buildTries && isBuilding(ctx, w, action, err); try++ {
		draft, err = w.PutDraft(ctx, action, s, deploy)
	}
	if err != nil {
		return err
	}
	if draft.Status == host.BuildFailed {
		return &host.Error{
			Code: host.Refused, Text: "the code can't be built: " + reasons(draft.Errors),
			Hint: "fix it and run this again; what is deployed stays deployed",
		}
	}
	return nil
}

// buildTries is how often a deploy is requested while packages are fetched and
// built. The host waits in each.
const buildTries = 15

// isBuilding reports whether a deploy was refused because its source is not built
// yet.
func isBuilding(ctx context.Context, w Writer, action string, refused error) bool {
	if refused == nil || host.CodeOf(refused) != host.Conflict {
		return false
	}
	draft, err := w.Draft(ctx, action)
	return err == nil && (draft.Status == host.BuildPending || draft.Status == host.BuildBuilding)
}

// reasons returns why a source can't be built, one line for each reason.
func reasons(errs []host.BuildMessage) string {
	lines := make([]string, len(errs))
	for i, e := range errs {
		lines[i] = e.Headline()
	}
	return strings.Join(lines, "\n")
}

// sameManifest reports whether two versions declare the same; the order of their
// secrets does not count.
func sameManifest(a, b host.Manifest) bool {
	a.Secrets, b.Secrets = slices.Sorted(slices.Values(a.Secrets)), slices.Sorted(slices.Values(b.Secrets))
	return reflect.DeepEqual(a, b)
}

// module uploads the module, or deploys the newest version if that has it.
func (c change) module(ctx context.Context, w Writer, deploy bool) error {
	newest := c.have.newest
	if newest != nil && newest.Source == nil && newest.Digest == c.want.Digest && sameManifest(newest.Manifest, c.want.Manifest) {
		if deploy {
			_, err := w.Deploy(ctx, c.id, strconv.Itoa(newest.Number))
			return err
		}
		return nil
	}
	_, err := w.CreateVersion(ctx, c.id, c.want.Module, c.want.Manifest, deploy)
	return err
}
