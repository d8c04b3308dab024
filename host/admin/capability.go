package admin

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

// lookBack is how many of a version's latest executions are examined for the host
// functions it calls.
const lookBack = 50

func (s *Server) showCapabilities(c echo.Context) error {
	if q := queryOf(c); q.err != nil {
		return q.err
	}
	ctx := c.Request().Context()
	v, err := s.Registry.Version(ctx, param(c, "action"), param(c, "number"))
	if err != nil {
		return err
	}
	found := host.Capabilities{
		ActionID: v.ActionID, VersionID: v.ID, Number: v.Number, Digest: v.Digest,
		Egress:  host.EgressUse{Mode: v.Manifest.Settings.Egress.Mode, Declared: web.Listed(v.Manifest.Settings.Egress.Allow)},
		Secrets: host.SecretUse{Declared: web.Listed(v.Manifest.Secrets)},
	}
	if err := s.outline(ctx, &found); err != nil {
		return err
	}
	if err := s.lookAt(ctx, &found); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, found)
}

// outline is what the module's inspection shows.
func (s *Server) outline(ctx context.Context, found *host.Capabilities) error {
	module, err := s.History.Module(ctx, found.Digest)
	if err != nil {
		return err
	}
	i, err := s.Inspector.Inspect(ctx, module)
	if err != nil {
		return err
	}
	found.Triggers, found.Exports, found.Imports = web.Listed(i.Triggers), web.Listed(i.Exports), web.Listed(i.Imports)
	return nil
}

// lookAt adds what the version's runs did.
func (s *Server) lookAt(ctx context.Context, found *host.Capabilities) error {
	contacted, err := s.History.OriginUse(ctx, found.VersionID)
	if err != nil {
		return err
	}
	found.Egress.Contacted = byRequests(contacted)
	executions, err := s.History.Executions(ctx, host.ExecutionQuery{VersionID: found.VersionID, Limit: lookBack})
	if err != nil {
		return err
	}
	functions, secrets := map[string]bool{}, map[string]bool{}
	for _, e := range executions {
		results, err := s.History.Results(ctx, e.ID)
		if err != nil {
			return err
		}
		for _, r := range results {
			if r.VersionID != found.VersionID {
				continue
			}
			for _, call := range r.Calls {
				functions[call.Function] = true
				if call.Function == "secret_get" {
					secrets[call.Target] = true
				}
			}
		}
	}
	found.Looked = len(executions)
	found.Functions, found.Secrets.Read = web.Listed(slices.Sorted(maps.Keys(functions))), web.Listed(slices.Sorted(maps.Keys(secrets)))
	return nil
}
