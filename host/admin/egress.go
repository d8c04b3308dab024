package admin

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

func (s *Server) showEgress(c echo.Context) error {
	q := queryOf(c, "all_versions")
	all := q.flag("all_versions")
	if q.err != nil {
		return q.err
	}
	report, err := s.egressReport(c.Request().Context(), param(c, "action"), all)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, report)
}

// tightening is how to tighten. Expect is the list that its sender saw.
type tightening struct {
	AllVersions bool     `json:"all_versions"`
	Expect      []string `json:"expect"`
	Force       bool     `json:"force"`
}

// tightenEgress lets an action send requests where it did, and nowhere else.
// What its version declares still holds.
func (s *Server) tightenEgress(c echo.Context) error {
	var how tightening
	if err := decodeOptional(c, &how); err != nil {
		return err
	}
	ctx := c.Request().Context()
	report, err := s.egressReport(ctx, param(c, "action"), how.AllVersions)
	if err != nil {
		return err
	}
	if err := how.check(report); err != nil {
		return err
	}
	_, err = s.Registry.UpdateBinding(ctx, report.ActionID, func(b *host.Binding) error {
		b.Settings.Egress.Mode, b.Settings.Egress.Allow = host.EgressAllowlist, report.Tightened
		return nil
	})
	if err != nil {
		return err
	}
	report, err = s.egressReport(ctx, report.ActionID, how.AllVersions)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, report)
}

// check refuses a change that its sender may not expect.
func (t tightening) check(r host.EgressReport) error {
	if t.Expect != nil && !slices.Equal(slices.Sorted(slices.Values(t.Expect)), r.Tightened) {
		return &host.Error{
			Code: host.Conflict,
			Text: fmt.Sprintf("the allow list for %q has changed since it was shown: %s", r.Action, orNone(r.Tightened)),
			Hint: "read GET /v1/actions/{action}/egress again, and send its list in expect",
		}
	}
	if t.Force || r.BindingID == "" { // which UpdateBinding reports
		return nil
	}
	if len(r.Contacted) == 0 {
		return &host.Error{
			Code: host.Conflict,
			Text: fmt.Sprintf("version %d of action %q has sent no request yet: tightening would not allow any", r.Number, r.Action),
			Hint: "let it run first, use the origins of all versions (all_versions), or tighten anyway (force)",
		}
	}
	if len(r.LeftOut) > 0 {
		return &host.Error{
			Code: host.Conflict,
			Text: fmt.Sprintf("action %q also contacted origins that no list can name: %s", r.Action, strings.Join(r.LeftOut, ", ")),
			Hint: `a name in brackets is a secret's value, "*" stands for origins beyond the first ` +
				fmt.Sprint(host.MaxOrigins) + "; tighten without them (force), and add what is missing to the binding by hand",
		}
	}
	return nil
}

func orNone(names []string) string {
	return cmp.Or(strings.Join(names, ", "), "none")
}

// egressReport returns where an action may send requests, and where its deployed
// version did, or all its versions.
func (s *Server) egressReport(ctx context.Context, action string, all bool) (host.EgressReport, error) {
	a, err := s.Registry.Action(ctx, action)
	if err != nil {
		return host.EgressReport{}, err
	}
	binding, err := s.bindingOf(ctx, a)
	if err != nil {
		return host.EgressReport{}, err
	}
	report := host.EgressReport{ActionID: a.ID, Action: a.Name, BindingID: binding.ID}
	settings, whose := binding.Settings, ""
	if a.Deployed != nil {
		report.VersionID, report.Number = a.Deployed.ID, a.Deployed.Number
		declared := a.Deployed.Manifest.Settings
		settings, whose = settings.Over(declared), a.Deployed.ID
		report.Declared = declared.Egress.Allow
	}
	holds := settings.Over(host.DefaultSettings()).Egress
	report.Mode, report.Allow, report.Declared = holds.Mode, web.Listed(holds.Allow), web.Listed(report.Declared)
	if all {
		whose = a.ID
	}
	if whose != "" {
		if report.Contacted, err = s.History.OriginUse(ctx, whose); err != nil {
			return report, err
		}
	}
	report.Contacted = byRequests(report.Contacted)
	report.Tightened, report.LeftOut = tighten(report.Contacted)
	return report, nil
}

// bindingOf returns the action's binding, a zero one when it is not bound.
func (s *Server) bindingOf(ctx context.Context, a host.Action) (host.Binding, error) {
	bindings, err := s.Registry.Bindings(ctx, a.Trigger)
	if err != nil {
		return host.Binding{}, err
	}
	for _, b := range bindings {
		if b.ActionID == a.ID {
			return b, nil
		}
	}
	return host.Binding{}, nil
}

// tighten makes a list of the contacted origins, and returns those that can't be
// listed: origins that were not recorded one by one, and those with a redacted name.
func tighten(contacted []host.OriginUse) (list, leftOut []string) {
	list, leftOut = []string{}, []string{}
	for _, r := range contacted {
		if r.Origin == host.OtherOrigins || strings.Contains(r.Origin, "[secret") {
			leftOut = append(leftOut, r.Origin)
		} else {
			list = append(list, r.Origin)
		}
	}
	slices.Sort(list)
	slices.Sort(leftOut)
	return slices.Compact(list), slices.Compact(leftOut)
}

// byRequests orders by requests, the most first.
func byRequests(contacted []host.OriginUse) []host.OriginUse {
	contacted = web.Listed(contacted)
	slices.SortStableFunc(contacted, func(a, b host.OriginUse) int {
		return cmp.Or(cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Origin, b.Origin))
	})
	return contacted
}
