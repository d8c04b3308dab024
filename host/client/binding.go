package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/usherhost/usher/host"
)

// bindingList is what every answer about a trigger's bindings holds.
type bindingList struct {
	Bindings []host.Binding `json:"bindings"`
}

// Triggers returns the triggers that the host serves.
func (c *Client) Triggers(ctx context.Context) ([]host.Trigger, error) {
	var answer struct {
		Triggers []struct {
			ID host.Trigger `json:"id"`
		} `json:"triggers"`
	}
	err := c.get(ctx, path("triggers"), nil, &answer)
	triggers := make([]host.Trigger, len(answer.Triggers))
	for i, t := range answer.Triggers {
		triggers[i] = t.ID
	}
	return triggers, err
}

// Bindings returns a trigger's bindings, the first to run first.
func (c *Client) Bindings(ctx context.Context, trigger host.Trigger) ([]host.Binding, error) {
	list, _, err := c.TaggedBindings(ctx, trigger)
	return list, err
}

// TaggedBindings returns a trigger's bindings with a tag of them for
// [Client.ReplaceBindingsIf].
func (c *Client) TaggedBindings(ctx context.Context, trigger host.Trigger) (list []host.Binding, tag string, err error) {
	var answer bindingList
	_, err = c.do(ctx, call{
		method: http.MethodGet, path: path("triggers", string(trigger), "bindings"), repeat: true, into: &answer, tag: &tag,
	})
	return answer.Bindings, tag, err
}

// ReplaceBindings makes list the whole order of a trigger.
func (c *Client) ReplaceBindings(ctx context.Context, trigger host.Trigger, list []host.BindingWrite) ([]host.Binding, error) {
	return c.ReplaceBindingsIf(ctx, trigger, list, "")
}

// ReplaceBindingsIf is ReplaceBindings if the bindings are still those that have
// this tag; [host.Stale] when they have changed since. "" is any.
func (c *Client) ReplaceBindingsIf(ctx context.Context, trigger host.Trigger, list []host.BindingWrite, tag string) ([]host.Binding, error) {
	body, err := json.Marshal(map[string]any{"bindings": append([]host.BindingWrite{}, list...)})
	if err != nil {
		return nil, fmt.Errorf("encode bindings: %w", err)
	}
	var answer bindingList
	r := call{
		method: http.MethodPut, path: path("triggers", string(trigger), "bindings"),
		header: http.Header{"Content-Type": {"application/json"}}, body: body, into: &answer,
		repeat: true, // a 429 or a 503 means that nothing was done
	}
	if tag != "" {
		r.header["If-Match"] = []string{tag}
	}
	_, err = c.do(ctx, r)
	return answer.Bindings, err
}

// UpdateBinding merges settings into those of a binding, which is named by its id
// or its action: zero fields change nothing, allowed origins and config are
// added. A nil displayName keeps the name. [Client.PatchBinding] can also
// remove.
func (c *Client) UpdateBinding(ctx context.Context, binding string, displayName *string, settings host.Settings) (host.Binding, error) {
	patch := BindingPatch{DisplayName: displayName, AllowAdd: settings.Egress.Allow}
	settings.Egress.Allow = nil
	encoded, err := json.Marshal(settings)
	if err != nil {
		return host.Binding{}, fmt.Errorf("encode settings: %w", err)
	}
	patch.Settings = encoded
	return c.PatchBinding(ctx, binding, patch)
}

// BindingPatch changes a binding. Settings is a JSON merge patch (RFC 7396): a
// null goes back to the default, an array replaces the stored one.
type BindingPatch struct {
	DisplayName *string         `json:"display_name,omitempty"`
	Settings    json.RawMessage `json:"settings,omitempty"`
	AllowAdd    []string        `json:"allow_add,omitempty"`    // origins
	AllowRemove []string        `json:"allow_remove,omitempty"` // origins that are there
}

// PatchBinding changes a binding, which is named by its id or its action.
func (c *Client) PatchBinding(ctx context.Context, binding string, patch BindingPatch) (host.Binding, error) {
	var b host.Binding
	err := c.send(ctx, http.MethodPatch, path("bindings", binding), patch, &b)
	return b, err
}
