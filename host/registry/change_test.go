package registry_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
)

// forgetful can't record changes.
type forgetful struct{ host.RegistryStore }

func (forgetful) RecordChange(context.Context, host.Change) error { return errors.New("disk full") }

func TestAChangeThatCanNotBeRecordedStands(t *testing.T) {
	t.Parallel()
	r, db := open(t)
	var log bytes.Buffer
	r.Store, r.Log = forgetful{db}, slog.New(slog.NewTextHandler(&log, nil))
	a := action(t, r, "notify", false)
	if !strings.Contains(log.String(), "disk full") || !strings.Contains(log.String(), "action.create") || !strings.Contains(log.String(), a.ID) {
		t.Errorf("logged %q", log.String())
	}
}
