package registry

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/usherhost/usher/host"
)

// patched is an action while it is patched.
type patched struct {
	action  host.Action // with its new name
	was     actionNote
	before  *host.Draft // nil when there is none
	after   *host.Draft // nil keeps the one before
	secrets []host.SecretWrite
	remove  []string
	renamed bool
}

// PatchAction changes an action's name, its secrets and its draft in one commit,
// or nothing. Revise makes the next draft of the stored one. It returns the
// action and its draft as they are then; the draft is zero when there is none.
func (r *Registry) PatchAction(ctx context.Context, action string, p host.SourcePatch, revise host.Revise) (host.Action, host.Draft, error) {
	r.changing.Lock()
	defer r.changing.Unlock()
	defer r.rebound(ctx)
	defer r.present.clear()
	c, err := r.preparePatch(ctx, action, p)
	if err == nil {
		c.after, err = revise(ctx, c.action, c.before, r.changesSecrets(ctx, &c))
	}
	if err == nil {
		err = r.storePatch(ctx, &c)
	}
	if err != nil {
		return host.Action{}, host.Draft{}, err
	}
	ctx = context.WithoutCancel(ctx) // it is stored, also when the caller has hung up
	var draft host.Draft
	if now := c.draft(); now != nil {
		draft = *now
	}
	a, err := r.Store.Action(ctx, c.action.ID)
	r.Record(ctx, "action.update", c.action.ID, c.action.Name, c.was, aboutAction(a, &draft))
	return a, draft, err
}

// draft returns the draft as the patch leaves it, nil when there is none.
func (c *patched) draft() *host.Draft {
	if c.after != nil {
		return c.after
	}
	return c.before
}

// preparePatch lays the name and the secrets of p over the action, and checks them.
func (r *Registry) preparePatch(ctx context.Context, action string, p host.SourcePatch) (c patched, err error) {
	if c.action, err = r.Action(ctx, action); err != nil {
		return c, err
	}
	revision := int64(0)
	d, err := r.Store.Draft(ctx, c.action.ID)
	if err == nil {
		c.before, revision = &d, d.Revision
	} else if host.CodeOf(err) != host.NotFound {
		return c, err
	}
	if p.Revision != nil && *p.Revision != revision {
		return c, &host.Error{
			Code: host.Stale, Text: fmt.Sprintf("the draft of action %q was changed meanwhile: it has revision %d, not %d", c.action.Name, revision, *p.Revision),
			Hint: "read it again, and make your change to that",
		}
	}
	c.was = aboutAction(c.action, c.before)
	if err := r.rename(ctx, &c, p.Name); err != nil || p.Secrets == nil {
		return c, err
	}
	c.secrets, c.remove = *p.Secrets, unnamed(c.action.Secrets, *p.Secrets)
	return c, checkSecrets(c.action.Secrets, c.secrets, c.remove)
}

func (r *Registry) rename(ctx context.Context, c *patched, name *string) error {
	if name == nil || *name == c.action.Name {
		return nil
	}
	var bad fields
	bad.name(*name)
	if err := bad.invalid("the action is not valid"); err != nil {
		return err
	}
	if err := r.nameIsFree(ctx, *name); err != nil {
		return err
	}
	c.action.Name, c.renamed = *name, true
	return nil
}

// changesSecrets reports whether the patch changes a name or a value. Values that
// can't be read are replaced.
func (r *Registry) changesSecrets(ctx context.Context, c *patched) bool {
	if len(c.secrets)+len(c.remove) == 0 {
		return false
	}
	values, err := r.Secrets(ctx, c.action.ID)
	return err != nil || len(c.remove) > 0 || slices.ContainsFunc(c.secrets, func(s host.SecretWrite) bool {
		value, stored := values[s.Name]
		return !stored || s.Value != nil && *s.Value != value
	})
}

// storePatch stores what the patch changes, if anything.
func (r *Registry) storePatch(ctx context.Context, c *patched) (err error) {
	w := host.ActionWrite{Action: c.action, Remove: c.remove, Draft: c.after}
	if w.Put, err = r.seal(c.action.ID, c.secrets); err != nil {
		return err
	}
	now := time.Now().UTC()
	touched := c.renamed || len(w.Put)+len(w.Remove) > 0
	if !touched && w.Draft == nil {
		return nil
	}
	if touched {
		w.Action.UpdatedAt = now
	}
	if w.Draft != nil {
		w.Draft.UpdatedAt = now
	}
	err = r.Store.WriteAction(ctx, w)
	r.secrets.forget(c.action.ID) // also after an error: it may have been stored, and use other shared modules
	return err
}

// put sets what is asked for, and reports whether anything is.
func put[T any](to *T, from *T) bool {
	if from != nil {
		*to = *from
	}
	return from != nil
}
