package admin

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

// maxSourceBytes bounds a source in JSON.
const maxSourceBytes = 2 << 20

// putDraft makes a source the action's draft, and with deploy what runs. A
// source that can't be built is not an error: the draft has the reasons.
func (s *Server) putDraft(c echo.Context) error {
	q := queryOf(c, "deploy")
	deploy := q.flag("deploy")
	if q.err != nil {
		return q.err
	}
	var source host.Source
	if err := decode(c, &source, "deploy"); err != nil {
		return err
	}
	ctx := c.Request().Context()
	revision, err := s.expected(c)
	if err != nil {
		return err
	}
	a, d, err := s.Drafts.PatchSource(ctx, param(c, "action"), host.SourcePatch{
		Revision: revision, Runtime: &source.Runtime, Code: &source.Code,
		Dependencies: &source.Dependencies, SharedModules: &source.SharedModules,
	})
	if err != nil {
		return err
	}
	if deploy && d.Status != host.BuildFailed {
		if d, err = s.deployDraft(ctx, a.ID, d.Revision); err != nil {
			return err
		}
	}
	web.SetTag(c, tagOf(d))
	return c.JSON(http.StatusOK, viewDraft(d))
}

// tagOf is a draft's tag. How far its building has come is not in it: that is
// nothing that a sender could overwrite.
func tagOf(d host.Draft) string { return web.Tag(d.Revision) }

// expected is the revision that the draft must still have when it is replaced,
// nil for any.
func (s *Server) expected(c echo.Context) (*int64, error) {
	if len(c.Request().Header.Values(web.HeaderIfMatch)) == 0 {
		return nil, nil
	}
	d, err := s.Drafts.Draft(c.Request().Context(), param(c, "action"))
	if err != nil && (host.CodeOf(err) != host.NotFound || !s.exists(c)) {
		return nil, err
	}
	if err != nil { // the action has no draft
		return nil, web.IfMatch(c, "")
	}
	return &d.Revision, web.IfMatch(c, tagOf(d))
}

func (s *Server) exists(c echo.Context) bool {
	_, err := s.Registry.Action(c.Request().Context(), param(c, "action"))
	return err == nil
}

// deployDraft deploys a revision of a draft and returns it as it is then: it may
// turn out that it can't be built.
func (s *Server) deployDraft(ctx context.Context, actionID string, revision int64) (host.Draft, error) {
	_, refused := s.Drafts.DeployDraft(ctx, actionID, revision)
	d, err := s.Drafts.Draft(ctx, actionID)
	if refused != nil && (err != nil || d.Status != host.BuildFailed) {
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
