package auth0

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
)

// What Auth0 says of actions that can't be bound.
const (
	incompatible  = "Trying to create a binding between an incompatible action and trigger."
	neverDeployed = "Trying to create a binding for an action that has never been deployed."
)

// triggerVersion is the version of every trigger that is served.
const triggerVersion = "v2"

// triggerTypes are the triggers that Auth0 has. Asking about one that is not
// served here is no mistake: nothing is bound to it.
var triggerTypes = []string{
	"post-login", "credentials-exchange", "pre-user-registration", "post-user-registration",
	"post-change-password", "send-phone-message", "custom-phone-provider", "custom-email-provider",
	"password-reset-post-challenge", "custom-token-exchange", "event-stream", "password-hash-migration",
	"login-post-identifier", "signup-post-identifier", "post-credential-validation", "mcp-tool",
}

// triggerRef names a trigger and its version.
type triggerRef struct {
	ID      string `json:"id"`
	Version string `json:"version"`
}

// current reports whether the trigger's version is the one that is served; none
// stands for it.
func (t triggerRef) current() bool { return t.Version == "" || t.Version == triggerVersion }

func refsOf(t host.Trigger) []triggerRef {
	return []triggerRef{{ID: string(t), Version: triggerVersion}}
}

var triggerSchema = &schema{kind: "object", about: "A trigger", required: []string{"id"}, properties: map[string]*schema{
	"id":                  {kind: "string", about: "The id of the trigger", enum: triggerTypes},
	"version":             {kind: "string", about: "The version of the trigger"},
	"status":              {kind: "string", about: "The status of the trigger"},
	"runtimes":            {kind: "array", about: "The runtimes of the trigger", items: &schema{kind: "string"}},
	"default_runtime":     {kind: "string", about: "The runtime of new actions"},
	"compatible_triggers": {kind: "array", about: "The triggers that are like it"},
	"binding_policy":      {kind: "string", about: "What actions are bound to"},
}}

// servedTrigger returns the trigger of a new action, which has one.
func servedTrigger(refs []triggerRef) (host.Trigger, error) {
	for _, t := range refs[1:] {
		if t.ID != refs[0].ID {
			return "", badRequest("An action can only target a single trigger at a time.")
		}
	}
	trigger := host.Trigger(refs[0].ID)
	if !trigger.Valid() || !refs[0].current() {
		return "", badRequest("This host serves no trigger %s %s; it serves %s, version %s.", trigger, refs[0].Version, host.TriggerNames(), triggerVersion)
	}
	return trigger, nil
}

func (s *Server) listTriggers(c echo.Context) error {
	if err := noQuery(c); err != nil {
		return err
	}
	var views []map[string]any
	for _, t := range host.Triggers() {
		views = append(views, map[string]any{
			"id": t, "version": triggerVersion, "status": "CURRENT",
			"runtimes": []string{"node18-actions", host.RuntimeNode, host.RuntimeWasm}, "default_runtime": defaultRuntime,
			"compatible_triggers": []any{}, "binding_policy": "trigger-bound",
		})
	}
	return reply(c, http.StatusOK, map[string]any{"triggers": views})
}

// bindingView is Auth0's ActionBinding.
type bindingView struct {
	ID          string       `json:"id"`
	TriggerID   host.Trigger `json:"trigger_id"`
	Action      actionBase   `json:"action"`
	CreatedAt   time.Time    `json:"created_at"`
	UpdatedAt   time.Time    `json:"updated_at"`
	DisplayName string       `json:"display_name"`
}

// trigger returns the trigger that the path names, and whether it is served.
func trigger(c echo.Context) (t host.Trigger, served bool, err error) {
	s := &schema{kind: "string", about: "The id of a trigger", enum: triggerTypes}
	if f := s.check(param(c, "trigger"), "triggerId"); f != nil {
		return "", false, &problem{Status: http.StatusBadRequest, Code: codePath, Message: f.on("Path")}
	}
	t = host.Trigger(param(c, "trigger"))
	return t, t.Valid(), nil
}

func (s *Server) listBindings(c echo.Context) error {
	q, err := queryOf(c, paging(nil))
	if err != nil {
		return err
	}
	t, served, err := trigger(c)
	if err != nil {
		return err
	}
	var all []host.Binding
	if served {
		if all, err = s.Registry.Bindings(c.Request().Context(), t); err != nil {
			return err
		}
	}
	p := pageOf(q, all, defaultPerPage)
	views, err := viewAll(c.Request().Context(), p.items, s.viewBinding)
	if err != nil {
		return err
	}
	return reply(c, http.StatusOK, answer("bindings", p, views))
}

func (s *Server) viewBinding(ctx context.Context, b host.Binding) (bindingView, error) {
	a, err := s.Registry.Action(ctx, b.ActionID)
	if err != nil {
		return bindingView{}, err
	}
	base := viewBase(a)
	if a.Deployed != nil {
		deployed := viewVersion(a, *a.Deployed)
		base.CurrentVersion, base.DeployedVersion = viewCurrent(deployed), &deployed
	}
	return bindingView{
		ID: outside(b.ID), TriggerID: b.Trigger, Action: base, DisplayName: b.DisplayName,
		CreatedAt: b.CreatedAt, UpdatedAt: b.UpdatedAt,
	}, nil
}

// bindingBody asks for one binding.
type bindingBody struct {
	Ref struct {
		Type  string `json:"type"`
		Value string `json:"value"`
	} `json:"ref"`
	DisplayName *string `json:"display_name"`
	Secrets     []any   `json:"secrets"`
}

var bindingsSchema = &schema{kind: "object", required: []string{"bindings"}, properties: map[string]*schema{
	"bindings": {kind: "array", about: "The bindings in the order in which they run", items: &schema{
		kind: "object", oneOf: true, required: []string{"ref"}, properties: map[string]*schema{
			"ref": {kind: "object", required: []string{"value"}, properties: map[string]*schema{
				"type":  {kind: "string", enum: []string{"binding_id", "action_id", "action_name"}},
				"value": {kind: "string", least: 1},
			}},
			"display_name": {kind: "string"},
			"secrets":      {kind: "array", items: secretSchema},
		},
	}},
}}

func (s *Server) replaceBindings(c echo.Context) error {
	var body struct {
		Bindings []bindingBody `json:"bindings"`
	}
	if err := cmp.Or(noQuery(c), read(c, bindingsSchema, &body)); err != nil {
		return err
	}
	t, served, err := trigger(c)
	if err != nil {
		return err
	}
	if !served {
		if len(body.Bindings) > 0 {
			return badRequest(incompatible)
		}
		return reply(c, http.StatusOK, map[string]any{"bindings": []bindingView{}})
	}
	ctx := c.Request().Context()
	writes, err := s.bindingWrites(ctx, t, body.Bindings)
	if err != nil {
		return err
	}
	bindings, err := s.Registry.ReplaceBindings(ctx, t, writes)
	if err != nil {
		return err
	}
	views, err := viewAll(ctx, bindings, s.viewBinding)
	if err != nil {
		return err
	}
	return reply(c, http.StatusOK, map[string]any{"bindings": views})
}

// bindingWrites finds the actions that a client wants bound.
func (s *Server) bindingWrites(ctx context.Context, t host.Trigger, list []bindingBody) ([]host.BindingWrite, error) {
	stored, err := s.Registry.Bindings(ctx, t)
	if err != nil {
		return nil, err
	}
	writes := make([]host.BindingWrite, len(list))
	for i, b := range list {
		if len(b.Secrets) > 0 {
			return nil, badRequest("bindings[%d] has secrets of its own, which are not kept: set them as secrets of the action.", i)
		}
		a, err := s.bindable(ctx, t, stored, b)
		if err != nil {
			return nil, err
		}
		writes[i] = host.BindingWrite{Action: a.ID, DisplayName: b.DisplayName}
	}
	return writes, nil
}

func (s *Server) bindable(ctx context.Context, t host.Trigger, stored []host.Binding, b bindingBody) (host.Action, error) {
	name := b.Ref.Value
	switch b.Ref.Type {
	case "action_id":
		name = inside(host.ActionPrefix, name)
	case "binding_id":
		id := inside(host.BindingPrefix, name)
		i := slices.IndexFunc(stored, func(b host.Binding) bool { return b.ID == id })
		if i < 0 {
			return host.Action{}, badRequest("The binding %s does not exist.", b.Ref.Value)
		}
		name = stored[i].ActionID
	}
	a, err := s.Registry.Action(ctx, name)
	switch {
	case host.CodeOf(err) == host.NotFound:
		return a, badRequest("The action %s does not exist.", b.Ref.Value)
	case err != nil:
		return a, err
	case a.Trigger != t:
		return a, badRequest(incompatible)
	case a.Deployed == nil:
		return a, badRequest(neverDeployed)
	}
	return a, nil
}
