package seal_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/seal"
	"github.com/usherhost/usher/host/sqlite"
)

// sealedHost is a data directory with values of each kind that a host seals.
type sealedHost struct {
	t       *testing.T
	dir     string
	tapes   []string // executions with a tape
	refused []string
}

const sealedOfAKind = 230 // three commits

func newSealedHost(t *testing.T) *sealedHost {
	t.Helper()
	h := &sealedHost{t: t, dir: t.TempDir()}
	h.with(func(db *sqlite.DB, box *seal.Box) {
		ctx := t.Context()
		h.ok(db.CreateAction(ctx, host.Action{ID: "act_1", Name: "one", Trigger: host.PostUserRegistration}))
		_, err := db.Release(ctx, host.Version{ActionID: "act_1"}, []byte("\x00asm one"), nil)
		h.ok(err)
		_, err = db.ReplaceBindings(ctx, host.PostUserRegistration, []host.Binding{{ActionID: "act_1"}})
		h.ok(err)
		var secrets []host.SealedSecret
		for i := range sealedOfAKind {
			name := fmt.Sprintf("TOKEN_%d", i)
			secrets = append(secrets, host.SealedSecret{Name: name, Value: mustSeal(t, box, "secret of "+name, string(host.SecretPlace("act_1", name)))})
		}
		h.ok(db.SetSecrets(ctx, "act_1", secrets, nil))
		h.ok(db.SetMeta(ctx, host.TokenKeyName, mustSeal(t, box, "token key", host.TokenKeyName)))
		h.addTapes(db, box)
		h.addRefused(db, box)
	})
	return h
}

func (h *sealedHost) addTapes(db *sqlite.DB, box *seal.Box) {
	h.t.Helper()
	ctx := h.t.Context()
	for range sealedOfAKind {
		_, err := db.Accept(ctx, []host.NewEvent{{Event: host.Event{Trigger: host.PostUserRegistration, Body: []byte("{}")}}})
		h.ok(err)
	}
	claimed, err := db.Claim(ctx, sealedOfAKind)
	h.ok(err)
	for i := range claimed {
		x := &claimed[i]
		result := &host.Result{ExecutionID: x.ID, ActionID: "act_1", Attempt: 1, Succeeded: true}
		tape := mustSeal(h.t, box, "tape of "+x.ID, string(host.TapePlace(x.ID, 0, 1)))
		recorded := make(chan error, 1)
		o := host.Outcome{
			ExecutionID: x.ID, Epoch: x.Epoch, Result: result, Tape: tape, Status: host.StatusCompleted, Progress: []host.StepState{host.StepSucceeded},
		}
		h.ok(db.Record(ctx, o, func(err error) { recorded <- err }))
		h.ok(<-recorded)
		h.tapes = append(h.tapes, x.ID)
	}
	rerun, err := db.RerunExecution(ctx, h.tapes[0], host.RerunOptions{}) // has an id of its own
	h.ok(err)
	claimed, err = db.Claim(ctx, 1)
	h.ok(err)
	recorded := make(chan error, 1)
	h.ok(db.Record(ctx, host.Outcome{
		ExecutionID: rerun.ExecutionID, Epoch: claimed[0].Epoch, Status: host.StatusCompleted, Progress: []host.StepState{host.StepSucceeded},
		Result: &host.Result{ExecutionID: rerun.ExecutionID, Attempt: 1, Succeeded: true},
		Tape:   mustSeal(h.t, box, "tape of "+rerun.ExecutionID, string(host.TapePlace(rerun.ExecutionID, 0, 1))),
	}, func(err error) { recorded <- err }))
	h.ok(<-recorded)
	h.tapes = append(h.tapes, rerun.ExecutionID)
}

func (h *sealedHost) addRefused(db *sqlite.DB, box *seal.Box) {
	h.t.Helper()
	var events []host.RefusedEvent
	for i := range sealedOfAKind {
		id := fmt.Sprintf("ref_%03d", i)
		events = append(events, host.RefusedEvent{
			ID: id, KeyID: "key_1", ExpiresAt: time.Now().Add(time.Hour), Sealed: mustSeal(h.t, box, "sent as "+id, string(host.RefusedEventPlace(id))),
		})
		h.refused = append(h.refused, id)
	}
	many := int64(1 << 30)
	h.ok(db.KeepRefusedEvents(h.t.Context(), events, host.RefusedEventLimits{Count: many, Bytes: many, KeyCount: many, KeyBytes: many}))
}

func (h *sealedHost) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// with opens the data directory as a host does.
func (h *sealedHost) with(do func(*sqlite.DB, *seal.Box)) {
	h.t.Helper()
	db, err := sqlite.Open(h.t.Context(), h.dir, sqlite.Options{})
	h.ok(err)
	defer func() { h.ok(db.Close()) }()
	do(db, mustOpen(h.t, seal.Options{CreateFile: keyFileIn(h.dir)}, db))
}

// check reads every sealed value as a host does.
func (h *sealedHost) check() {
	h.t.Helper()
	h.with(func(db *sqlite.DB, box *seal.Box) {
		ctx := h.t.Context()
		secrets, err := db.SealedSecrets(ctx, "act_1")
		h.ok(err)
		if len(secrets) != sealedOfAKind {
			h.t.Errorf("%d secrets, want %d", len(secrets), sealedOfAKind)
		}
		for _, s := range secrets {
			wantOpened(h.t, box, s.Value, string(host.SecretPlace("act_1", s.Name)), "secret of "+s.Name)
		}
		for _, id := range h.tapes {
			tape, err := db.Tape(ctx, id, 0, 1)
			h.ok(err)
			wantOpened(h.t, box, tape, string(host.TapePlace(id, 0, 1)), "tape of "+id)
		}
		for _, id := range h.refused {
			e, err := db.RefusedEvent(ctx, id)
			h.ok(err)
			wantOpened(h.t, box, e.Sealed, string(host.RefusedEventPlace(id)), "sent as "+id)
		}
		key, err := db.Meta(ctx, host.TokenKeyName)
		h.ok(err)
		wantOpened(h.t, box, key, host.TokenKeyName, "token key")
	})
}
