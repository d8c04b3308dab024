package admin

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
)

// Sources keeps what actions are built from.
type Sources interface {
	Draft(ctx context.Context, action string) (host.Draft, error)
	PatchSource(ctx context.Context, action string, p host.SourcePatch) (host.Action, host.Draft, error)
	DeployDraft(ctx context.Context, action string, revision int64) (host.Version, error)
}

// maxSourceBytes bounds a source in JSON.
const maxSourceBytes = 2 << 20

// putDraft makes a source the action's draft, and with deploy what runs. A
// source that can't be built is no error: the draft says why.
func (s *Server) putDraft(c echo.Context) error {
	q := queryOf(c, "deploy")
	deploy := q.flag("deploy")
	if q.err != nil {
		return q.err
	}
	var source host.Source
	if err := decode(c, &source); err != nil {
		return err
	}
	ctx := c.Request().Context()
	a, d, err := s.Registry.PatchSource(ctx, param(c, "action"), host.SourcePatch{
		Runtime: &source.Runtime, Code: &source.Code,
		Dependencies: &source.Dependencies, Libraries: &source.Libraries,
	})
	if err != nil {
		return err
	}
	if deploy && d.Status != host.Failed {
		if d, err = s.deployDraft(ctx, a.ID, d.Revision); err != nil {
			return err
		}
	}
	return c.JSON(http.StatusOK, d)
}

// deployDraft deploys a revision of a draft and returns it as it is then: it may
// turn out that it can't be built.
func (s *Server) deployDraft(ctx context.Context, actionID string, revision int64) (host.Draft, error) {
	_, refused := s.Registry.DeployDraft(ctx, actionID, revision)
	d, err := s.Registry.Draft(ctx, actionID)
	if refused != nil && (err != nil || d.Status != host.Failed) {
		return d, refused
	}
	return d, err
}

// showModule gives the module of a version back.
func (s *Server) showModule(c echo.Context) error {
	if q := queryOf(c); q.err != nil {
		return q.err
	}
	ctx := c.Request().Context()
	v, err := s.Registry.Version(ctx, param(c, "action"), param(c, "number"))
	if err != nil {
		return err
	}
	module, err := s.History.Module(ctx, v.Digest)
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, mimeWasm, module)
}
