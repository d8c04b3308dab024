package admin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

func (s *Server) listTriggers(c echo.Context) error {
	if q := queryOf(c); q.err != nil {
		return q.err
	}
	type trigger struct {
		ID host.Trigger `json:"id"`
	}
	var triggers []trigger
	for _, t := range host.Triggers() {
		triggers = append(triggers, trigger{ID: t})
	}
	return c.JSON(http.StatusOK, map[string]any{"triggers": triggers})
}

func (s *Server) listBindings(c echo.Context) error {
	if q := queryOf(c); q.err != nil {
		return q.err
	}
	bindings, err := s.Registry.Bindings(c.Request().Context(), host.Trigger(param(c, "trigger")))
	if err != nil {
		return err
	}
	return answerBindings(c, bindings)
}

// answerBindings answers a list with the tag by which it may be replaced.
func answerBindings(c echo.Context, bindings []host.Binding) error {
	web.SetTag(c, web.Tag(web.Listed(bindings)))
	return c.JSON(http.StatusOK, map[string]any{"bindings": web.Listed(bindings)})
}

func (s *Server) replaceBindings(c echo.Context) error {
	var body struct {
		Bindings []host.BindingWrite `json:"bindings"`
	}
	if err := decode(c, &body); err != nil {
		return err
	}
	if body.Bindings == nil {
		return missing("/bindings", "an empty array unbinds all")
	}
	bindings, err := s.Registry.ReplaceBindingsIf(c.Request().Context(), host.Trigger(param(c, "trigger")), body.Bindings,
		func(stored []host.Binding) error { return web.IfMatch(c, web.Tag(web.Listed(stored))) })
	if err != nil {
		return err
	}
	return answerBindings(c, bindings)
}

// bindingPatch changes a binding. Settings is a JSON merge patch (RFC 7396)
// over the stored ones; AllowAdd and AllowRemove change the list of origins
// without sending it whole.
type bindingPatch struct {
	DisplayName *string         `json:"display_name"`
	Settings    json.RawMessage `json:"settings"`
	AllowAdd    []string        `json:"allow_add"`
	AllowRemove []string        `json:"allow_remove"`
}

func (s *Server) updateBinding(c echo.Context) error {
	var patch bindingPatch
	if err := decode(c, &patch); err != nil {
		return err
	}
	if err := checkPatch(patch.Settings); err != nil {
		return err
	}
	b, err := s.Registry.UpdateBinding(c.Request().Context(), param(c, "binding"), patch.apply)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, b)
}

// checkPatch checks the form of a merge patch before it is merged, for errors
// should point into what was sent. A null is fine anywhere: it removes.
func checkPatch(patch json.RawMessage) error {
	if patch == nil {
		return nil
	}
	document, err := parse(patch)
	if err != nil {
		return err
	}
	kept, err := json.Marshal(withoutNulls(document))
	if err != nil {
		return fmt.Errorf("encode a patch: %w", err)
	}
	return decodeBytes(kept, &host.Settings{}, "/settings")
}

func withoutNulls(value any) any {
	object, ok := value.(map[string]any)
	if !ok {
		return value
	}
	kept := map[string]any{}
	for name, v := range object {
		if v != nil {
			kept[name] = withoutNulls(v)
		}
	}
	return kept
}

func (p bindingPatch) apply(b *host.Binding) error {
	if p.DisplayName != nil {
		b.DisplayName = *p.DisplayName
	}
	settings, err := mergeSettings(b.Settings, p.Settings)
	if err != nil {
		return err
	}
	allow, err := p.changeAllow(settings.Egress.Allow)
	if err != nil {
		return err
	}
	settings.Egress.Allow = allow
	b.Settings = settings
	return nil
}

func mergeSettings(stored host.Settings, patch json.RawMessage) (host.Settings, error) {
	if patch == nil {
		return stored, nil
	}
	old, err := json.Marshal(stored)
	if err != nil {
		return stored, fmt.Errorf("encode settings: %w", err)
	}
	target, err := parse(old)
	if err != nil {
		return stored, err
	}
	change, err := parse(patch)
	if err != nil {
		return stored, err
	}
	merged, err := json.Marshal(merge(target, change))
	if err != nil {
		return stored, fmt.Errorf("encode settings: %w", err)
	}
	var out host.Settings
	return out, decodeBytes(merged, &out, "/settings")
}

// merge is RFC 7396's MergePatch.
func merge(target, patch any) any {
	change, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	object, ok := target.(map[string]any)
	if !ok {
		object = map[string]any{}
	}
	for name, value := range change {
		if value == nil {
			delete(object, name)
		} else {
			object[name] = merge(object[name], value)
		}
	}
	return object
}

// changeAllow adds what is not there yet, and removes what is.
func (p bindingPatch) changeAllow(stored []string) ([]string, error) {
	allow := slices.Clone(stored)
	for _, origin := range p.AllowAdd {
		if !slices.Contains(allow, origin) {
			allow = append(allow, origin)
		}
	}
	for i, origin := range p.AllowRemove {
		at := slices.Index(allow, origin)
		if at < 0 {
			return nil, notAllowed(i, origin, allow)
		}
		allow = slices.Delete(allow, at, at+1)
	}
	return allow, nil
}

func notAllowed(i int, origin string, allow []string) error {
	list := strings.Join(allow, ", ")
	if list == "" {
		list = "none"
	}
	return &host.Error{
		Code: host.Refused,
		Text: fmt.Sprintf("the binding does not allow %q", origin),
		Hint: "it allows: " + list + "; what the version's manifest allows is changed by deploying another version",
		Fields: []host.Field{{
			Pointer: fmt.Sprintf("/allow_remove/%d", i),
			Detail:  "is not in the binding's list",
		}},
	}
}
