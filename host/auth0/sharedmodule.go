package auth0

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

// What is said of modules, which the host calls shared modules.
const (
	noSharedModule        = "That module does not exist."
	noRelease             = "That module version does not exist."
	sharedModuleNameTaken = "A module with the same name already exists."
	sharedModuleInUse     = "The module is in use by an action."
)

// The bounds of a module.
const (
	maxSharedModuleNameChars = 255
	maxSharedModuleCodeChars = 65_536
	defaultSharedModulePage  = 50
)

// sharedModuleView is Auth0's ActionModule.
type sharedModuleView struct {
	ID                  string            `json:"id"`
	Name                string            `json:"name"`
	Code                string            `json:"code"`
	Dependencies        []host.Dependency `json:"dependencies"`
	Secrets             []host.Secret     `json:"secrets"`
	ActionsUsing        int               `json:"actions_using_module_total"`
	AllChangesPublished bool              `json:"all_changes_published"`
	CreatedAt           time.Time         `json:"created_at"`
	UpdatedAt           time.Time         `json:"updated_at"`
	LatestVersion       *releaseView      `json:"latest_version,omitempty"` // not in lists
}

// releaseView is Auth0's ActionModuleVersion.
type releaseView struct {
	ID            string            `json:"id"`
	ModuleID      string            `json:"module_id,omitempty"`
	VersionNumber int               `json:"version_number"`
	Code          string            `json:"code"`
	Dependencies  []host.Dependency `json:"dependencies"`
	Secrets       []host.Secret     `json:"secrets"`
	CreatedAt     time.Time         `json:"created_at,omitzero"`
}

func viewRelease(l host.SharedModule, v host.SharedModuleVersion) releaseView {
	secrets := v.Secrets
	if secrets == nil { // of a version that was made before they were kept
		secrets = web.Listed(l.Secrets)
	}
	return releaseView{
		ID: outside(v.ID), ModuleID: outside(l.ID), VersionNumber: v.Number,
		Code: v.Source.Code, Dependencies: installed(v.Source.Dependencies), Secrets: secrets,
		CreatedAt: v.CreatedAt,
	}
}

// viewListed is a shared module as lists show it.
func (s *Server) viewListed(ctx context.Context, l host.SharedModule) (sharedModuleView, error) {
	users, err := s.Registry.SharedModuleUsers(ctx, l.ID)
	if err != nil {
		return sharedModuleView{}, missing(err, noSharedModule)
	}
	view := sharedModuleView{
		ID: outside(l.ID), Name: l.Name, Code: l.Source.Code, Dependencies: installed(l.Source.Dependencies),
		Secrets: web.Listed(l.Secrets), ActionsUsing: len(users), CreatedAt: l.CreatedAt, UpdatedAt: l.UpdatedAt,
	}
	if l.Latest != nil {
		view.AllChangesPublished = l.AllPublished()
	}
	return view, nil
}

func (s *Server) answerSharedModule(c echo.Context, status int, l host.SharedModule) error {
	view, err := s.viewListed(c.Request().Context(), l)
	if err != nil {
		return err
	}
	if l.Latest != nil {
		latest := viewRelease(l, *l.Latest)
		latest.ModuleID, latest.CreatedAt = "", time.Time{}
		view.LatestVersion = &latest
	}
	return reply(c, status, view)
}

func (s *Server) listSharedModules(c echo.Context) error {
	q, err := queryOf(c, paging(nil))
	if err != nil {
		return err
	}
	all, err := s.Registry.SharedModules(c.Request().Context())
	if err != nil {
		return err
	}
	p := pageOf(q, all, defaultSharedModulePage)
	views, err := viewAll(c.Request().Context(), p.items, s.viewListed)
	if err != nil {
		return err
	}
	return reply(c, http.StatusOK, answerWhole("modules", p, views))
}

// sharedModuleBody is what a client sends to make or change a module.
type sharedModuleBody struct {
	Name         string              `json:"name"`
	Code         *string             `json:"code"`
	Dependencies *[]host.Dependency  `json:"dependencies"`
	Secrets      *[]host.SecretWrite `json:"secrets"`
	Publish      bool                `json:"publish"`
}

var (
	updateSharedModuleSchema = &schema{kind: "object", properties: map[string]*schema{
		"code":         {kind: "string", about: "The source code of the module", most: maxSharedModuleCodeChars},
		"dependencies": {kind: "array", about: "The npm packages that the module needs", items: dependencySchema},
		"secrets":      {kind: "array", about: "The secrets of the module", items: secretSchema},
	}}
	createSharedModuleSchema = &schema{
		kind: "object", required: []string{"name", "code"},
		properties: with(with(with(updateSharedModuleSchema.properties,
			"name", &schema{kind: "string", about: "The name of the module", least: 1, most: maxSharedModuleNameChars}),
			"api_version", &schema{kind: "string", about: "The version of the modules' API"}),
			"publish", &schema{kind: "boolean", about: "Whether to make a version of the module"}),
	}
)

func (s *Server) createSharedModule(c echo.Context) error {
	var body sharedModuleBody
	if err := cmp.Or(noQuery(c), read(c, createSharedModuleSchema, &body)); err != nil {
		return err
	}
	source := host.Source{Runtime: defaultRuntime, Code: valueOf(body.Code), Dependencies: valueOf(body.Dependencies)}
	l, err := s.Registry.CreateSharedModule(c.Request().Context(), body.Name, source, valueOf(body.Secrets), body.Publish)
	if err != nil {
		return conflicting(err, http.StatusConflict, sharedModuleNameTaken)
	}
	return s.answerSharedModule(c, http.StatusCreated, l)
}

// shared module returns the shared module that the path names.
func (s *Server) sharedModule(c echo.Context) (host.SharedModule, error) {
	l, err := s.Registry.SharedModule(c.Request().Context(), inside(host.SharedModulePrefix, param(c, "id")))
	if err != nil {
		return l, missing(err, noSharedModule)
	}
	return l, nil
}

func (s *Server) showSharedModule(c echo.Context) error {
	if err := noQuery(c); err != nil {
		return err
	}
	l, err := s.sharedModule(c)
	if err != nil {
		return err
	}
	return s.answerSharedModule(c, http.StatusOK, l)
}

func (s *Server) updateSharedModule(c echo.Context) error {
	var body sharedModuleBody
	if err := cmp.Or(noQuery(c), read(c, updateSharedModuleSchema, &body)); err != nil {
		return err
	}
	patch := host.SharedModulePatch{Code: body.Code, Dependencies: body.Dependencies, Secrets: body.Secrets}
	l, err := s.Registry.PatchSharedModule(c.Request().Context(), inside(host.SharedModulePrefix, param(c, "id")), patch)
	if err != nil {
		return missing(err, noSharedModule)
	}
	return s.answerSharedModule(c, http.StatusOK, l)
}

func (s *Server) deleteSharedModule(c echo.Context) error {
	if err := noQuery(c); err != nil {
		return err
	}
	err := s.Registry.DeleteSharedModule(c.Request().Context(), inside(host.SharedModulePrefix, param(c, "id")))
	if err != nil {
		return conflicting(missing(err, noSharedModule), http.StatusPreconditionFailed, sharedModuleInUse)
	}
	return c.NoContent(http.StatusNoContent)
}

// sharedModuleUserView is Auth0's ActionModuleAction.
type sharedModuleUserView struct {
	ActionID            string `json:"action_id"`
	ActionName          string `json:"action_name"`
	ModuleVersionID     string `json:"module_version_id"`
	ModuleVersionNumber int    `json:"module_version_number"`
}

func (s *Server) listSharedModuleUsers(c echo.Context) error {
	q, err := queryOf(c, paging(nil))
	if err != nil {
		return err
	}
	all, err := s.Registry.SharedModuleUsers(c.Request().Context(), inside(host.SharedModulePrefix, param(c, "id")))
	if err != nil {
		return missing(err, noSharedModule)
	}
	p := pageOf(q, all, defaultSharedModulePage)
	views := make([]sharedModuleUserView, len(p.items))
	for i, u := range p.items {
		views[i] = sharedModuleUserView{
			ActionID: outside(u.Action.ID), ActionName: u.Action.Name,
			ModuleVersionID: outside(u.Ref.VersionID), ModuleVersionNumber: u.Ref.Number,
		}
	}
	return reply(c, http.StatusOK, answer("actions", p, views))
}

func (s *Server) listReleases(c echo.Context) error {
	q, err := queryOf(c, paging(nil))
	if err != nil {
		return err
	}
	l, err := s.sharedModule(c)
	if err != nil {
		return err
	}
	all, err := s.Registry.SharedModuleVersions(c.Request().Context(), l.ID)
	if err != nil {
		return missing(err, noSharedModule)
	}
	p := pageOf(q, all, defaultSharedModulePage)
	views := make([]releaseView, len(p.items))
	for i, v := range p.items {
		views[i] = viewRelease(l, v)
	}
	return reply(c, http.StatusOK, answerWhole("versions", p, views))
}

func (s *Server) showRelease(c echo.Context) error {
	if err := noQuery(c); err != nil {
		return err
	}
	l, err := s.sharedModule(c)
	if err != nil {
		return err
	}
	v, err := s.Registry.SharedModuleVersion(c.Request().Context(), l.ID, inside(host.ReleasePrefix, param(c, "version")))
	if err != nil {
		return missing(err, noRelease)
	}
	return reply(c, http.StatusOK, viewRelease(l, v))
}

func (s *Server) publishSharedModule(c echo.Context) error {
	var body struct{}
	if err := cmp.Or(noQuery(c), readOptional(c, noBody, &body)); err != nil {
		return err
	}
	l, err := s.sharedModule(c)
	if err != nil {
		return err
	}
	v, err := s.Registry.PublishSharedModule(c.Request().Context(), l.ID)
	if err != nil {
		return missing(err, noSharedModule)
	}
	return reply(c, http.StatusOK, viewRelease(l, v))
}

var rollbackSchema = &schema{kind: "object", required: []string{"module_version_id"}, properties: map[string]*schema{
	"module_version_id": {kind: "string", about: "The id of the version to go back to", least: 1},
}}

func (s *Server) rollbackSharedModule(c echo.Context) error {
	var body struct {
		ModuleVersionID string `json:"module_version_id"`
	}
	if err := cmp.Or(noQuery(c), read(c, rollbackSchema, &body)); err != nil {
		return err
	}
	l, err := s.sharedModule(c)
	if err != nil {
		return err
	}
	l, err = s.Registry.RollbackSharedModule(c.Request().Context(), l.ID, inside(host.ReleasePrefix, body.ModuleVersionID))
	if err != nil {
		return missing(err, noRelease)
	}
	return s.answerSharedModule(c, http.StatusOK, l)
}
