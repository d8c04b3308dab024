package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"strconv"
	"time"

	"github.com/usherhost/usher/host"
)

// Record writes a change that took effect into the log of changes. The change
// stands even when the log can't be written; the host's own log records that.
func (r *Registry) Record(ctx context.Context, verb, object, name string, before, after any) {
	c := host.Change{
		At: time.Now().UTC(), Actor: host.ActorOf(ctx), Verb: verb, Object: object, Name: name,
		Before: encode(before), After: encode(after),
	}
	if err := r.Store.RecordChange(context.WithoutCancel(ctx), c); err != nil {
		r.log().Error("a change is missing in the log of changes", "verb", verb, "object", object, "error", err)
	}
}

// maxNoteBytes is how much the log of changes has of one side of a change.
const maxNoteBytes = 256 << 10

func encode(v any) json.RawMessage {
	if v == nil {
		return nil
	}
	text, err := json.Marshal(v)
	if err != nil {
		return nil // does not happen with what the log has: plain structs of this package and of host
	}
	if len(text) > maxNoteBytes {
		return json.RawMessage(`{"omitted_bytes":` + strconv.Itoa(len(text)) + `}`)
	}
	return text
}

func (r *Registry) log() *slog.Logger {
	if r.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return r.Log
}

// sourceNote is what the log of changes records of a source: enough to see
// whether two are the same.
type sourceNote struct {
	Runtime       string                 `json:"runtime,omitempty"`
	CodeSHA256    string                 `json:"code_sha256"`
	CodeBytes     int                    `json:"code_bytes"`
	Dependencies  []host.Dependency      `json:"dependencies,omitempty"`
	SharedModules []host.SharedModuleRef `json:"shared_modules,omitempty"`
}

func aboutSource(s host.Source) *sourceNote {
	sum := sha256.Sum256([]byte(s.Code))
	return &sourceNote{
		Runtime: s.Runtime, CodeSHA256: hex.EncodeToString(sum[:]), CodeBytes: len(s.Code),
		Dependencies: s.Dependencies, SharedModules: s.SharedModules,
	}
}

// actionNote is what it records of an action.
type actionNote struct {
	Name     string       `json:"name"`
	Trigger  host.Trigger `json:"trigger"`
	Secrets  []string     `json:"secrets,omitempty"` // names
	Revision int64        `json:"revision,omitempty"`
	Source   *sourceNote  `json:"source,omitempty"`
}

func aboutAction(a host.Action, d *host.Draft) actionNote {
	n := actionNote{Name: a.Name, Trigger: a.Trigger, Secrets: secretsOf(a.Secrets)}
	if d != nil && d.Revision > 0 {
		n.Revision, n.Source = d.Revision, aboutSource(d.Source)
	}
	return n
}

func secretsOf(secrets []host.Secret) []string {
	var names []string
	for _, s := range secrets {
		names = append(names, s.Name)
	}
	return names
}

// versionNote is what it records of a version.
type versionNote struct {
	ID       string `json:"id"`
	Number   int    `json:"number"`
	Digest   string `json:"digest"`
	Revision int64  `json:"revision,omitempty"`
}

func aboutVersion(v *host.Version) any {
	if v == nil {
		return nil
	}
	return versionNote{v.ID, v.Number, v.Digest, v.Revision}
}

// bindingNote is what it records of a binding.
type bindingNote struct {
	ID          string        `json:"id"`
	Action      string        `json:"action"`
	DisplayName string        `json:"display_name"`
	Settings    host.Settings `json:"settings,omitzero"`
}

func aboutBinding(b host.Binding) bindingNote {
	return bindingNote{b.ID, b.Action, b.DisplayName, b.Settings}
}

func aboutBindings(list []host.Binding) []bindingNote {
	notes := make([]bindingNote, len(list))
	for i, b := range list {
		notes[i] = aboutBinding(b)
	}
	return notes
}
