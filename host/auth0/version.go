package auth0

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

const noVersion = "That action version does not exist."

// versionView is Auth0's ActionVersion. Inside of an action it does not name
// that again.
type versionView struct {
	Code              string            `json:"code"`
	Dependencies      []host.Dependency `json:"dependencies"`
	ID                string            `json:"id"`
	Deployed          bool              `json:"deployed"`
	Number            int               `json:"number"`
	BuiltAt           time.Time         `json:"built_at,omitzero"`
	Secrets           []host.Secret     `json:"secrets"`
	Status            host.BuildStatus  `json:"status"`
	CreatedAt         time.Time         `json:"created_at"`
	UpdatedAt         time.Time         `json:"updated_at"`
	Runtime           string            `json:"runtime"`
	SupportedTriggers []triggerRef      `json:"supported_triggers"`
	Modules           []sharedModuleRef `json:"modules,omitempty"`
	Action            *actionBase       `json:"action,omitempty"`
}

// actionBase is Auth0's ActionBase: an action as its versions and bindings show
// it. There it never counts as deployed.
type actionBase struct {
	ID                 string       `json:"id"`
	Name               string       `json:"name"`
	SupportedTriggers  []triggerRef `json:"supported_triggers"`
	CreatedAt          time.Time    `json:"created_at"`
	UpdatedAt          time.Time    `json:"updated_at"`
	CurrentVersion     *currentView `json:"current_version,omitempty"`
	DeployedVersion    *versionView `json:"deployed_version,omitempty"`
	AllChangesDeployed bool         `json:"all_changes_deployed"`
}

func viewBase(a host.Action) actionBase {
	return actionBase{
		ID: outside(a.ID), Name: a.Name, SupportedTriggers: refsOf(a.Trigger),
		CreatedAt: a.CreatedAt, UpdatedAt: a.UpdatedAt,
	}
}

// currentView is what Auth0 repeats of the version that is deployed, without
// documenting it.
type currentView struct {
	ID        string    `json:"id"`
	Code      string    `json:"code"`
	Runtime   string    `json:"runtime"`
	Status    string    `json:"status"` // in upper case
	Number    int       `json:"number"`
	BuildTime time.Time `json:"build_time,omitzero"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

func viewCurrent(v versionView) *currentView {
	return &currentView{
		ID: v.ID, Code: v.Code, Runtime: v.Runtime, Status: strings.ToUpper(string(v.Status)), Number: v.Number,
		BuildTime: v.BuiltAt, CreatedAt: v.CreatedAt, UpdatedAt: v.UpdatedAt,
	}
}

func viewVersion(a host.Action, v host.Version) versionView {
	source := host.Source{Runtime: host.RuntimeWasm}
	if v.Source != nil {
		source = *v.Source
	}
	secrets := v.Secrets
	if secrets == nil { // of a version that was made before they were kept
		secrets = web.Listed(a.Secrets)
	}
	return versionView{
		ID: outside(v.ID), Number: v.Number, Deployed: v.Deployed, Status: v.Status,
		Code: source.Code, Dependencies: installed(source.Dependencies), Runtime: source.Runtime,
		Modules: viewSharedModuleRefs(source.SharedModules), Secrets: secrets,
		SupportedTriggers: refsOf(a.Trigger),
		CreatedAt:         v.CreatedAt, UpdatedAt: v.CreatedAt, BuiltAt: v.CreatedAt,
	}
}

// viewWhole is viewVersion for an answer of its own.
func viewWhole(a host.Action, v host.Version) versionView {
	base := viewBase(a)
	view := viewVersion(a, v)
	view.Action = &base
	return view
}

func (s *Server) listVersions(c echo.Context) error {
	q, err := queryOf(c, paging(nil))
	if err != nil {
		return err
	}
	a, err := s.action(c)
	if err != nil {
		return err
	}
	all, err := s.Registry.Versions(c.Request().Context(), a.ID)
	if err != nil {
		return missing(err, noAction)
	}
	p := pageOf(q, all, defaultPerPage)
	views := make([]versionView, len(p.items))
	for i, v := range p.items {
		views[i] = viewWhole(a, v)
	}
	return reply(c, http.StatusOK, answer("versions", p, views))
}

func (s *Server) showVersion(c echo.Context) error {
	if err := noQuery(c); err != nil {
		return err
	}
	a, err := s.action(c)
	if err != nil {
		return err
	}
	v, err := s.Registry.Version(c.Request().Context(), a.ID, inside(host.VersionPrefix, param(c, "version")))
	if err != nil {
		return missing(err, noVersion)
	}
	return reply(c, http.StatusOK, viewWhole(a, v))
}

// noBody is the body of an endpoint that takes none.
var noBody = &schema{kind: "object", properties: map[string]*schema{}}

// deployWait is how long a deploy waits for a draft that is building: less than
// the ten seconds after which clients give up; they send it again after an answer
// with Retry-After.
const deployWait = 5 * time.Second

// deployAction makes a version of the draft, and waits a moment for one that is
// building.
func (s *Server) deployAction(c echo.Context) error {
	var body struct{}
	if err := cmp.Or(noQuery(c), readOptional(c, noBody, &body)); err != nil {
		return err
	}
	a, err := s.action(c)
	if err != nil {
		return err
	}
	v, err := s.deployDraft(c, a)
	if err != nil {
		return err
	}
	return reply(c, http.StatusOK, viewDeploy(a, v))
}

// viewDeploy is the answer to a deploy: the version as it was when the deploy
// was taken. Auth0 says "deployed" only of a version that is read afterwards.
func viewDeploy(a host.Action, v host.Version) versionView {
	view := viewWhole(a, v)
	view.Deployed, view.BuiltAt = false, time.Time{}
	return view
}

func (s *Server) deployDraft(c echo.Context, a host.Action) (host.Version, error) {
	ctx := c.Request().Context()
	d, err := s.draft(ctx, a)
	if err != nil {
		return host.Version{}, err
	}
	if d.Revision > 0 {
		v, err := s.deployBuilt(ctx, a, d)
		if host.CodeOf(err) == host.Conflict || errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			return v, s.unbuilt(c, a, err, notBuilt)
		}
		return v, missing(err, noAction)
	}
	versions, err := s.Registry.Versions(ctx, a.ID)
	if err != nil {
		return host.Version{}, err
	}
	if len(versions) == 0 {
		return host.Version{}, badRequest("The action has no version yet: upload its module with `usher actions deploy`.")
	}
	return s.Registry.Deploy(ctx, a.ID, versions[0].ID)
}

// deployBuilt deploys a draft, and waits a moment for one that is building.
func (s *Server) deployBuilt(ctx context.Context, a host.Action, d host.Draft) (host.Version, error) {
	if d.Status == host.BuildPending || d.Status == host.BuildBuilding {
		waiting, cancel := context.WithTimeout(ctx, cmp.Or(s.DeployWait, deployWait))
		defer cancel()
		v, err := s.Drafts.DeployDraft(waiting, a.ID, d.Revision)
		if !errors.Is(err, context.DeadlineExceeded) {
			return v, err
		}
		if now, failed := s.Drafts.Draft(ctx, a.ID); failed != nil || now.Status != host.BuildBuilt {
			return v, err
		}
	}
	return s.Drafts.DeployDraft(ctx, a.ID, d.Revision)
}

// unbuilt is the refusal of a draft that is not built. Clients send the request
// again for as long as they read message, Auth0's text; a draft that failed will
// not get better by that, and gets another, with the first of its errors.
func (s *Server) unbuilt(c echo.Context, a host.Action, cause error, message string) error {
	p := &problem{Status: http.StatusBadRequest, Message: message, cause: cause}
	d, err := s.Drafts.Draft(c.Request().Context(), a.ID)
	if err == nil && d.Status == host.BuildFailed {
		p.Message = "The draft failed to build."
		if len(d.Errors) > 0 {
			line, _, _ := strings.Cut(lineOf(d.Errors[0]), "\n")
			p.Message = "The draft failed to build: " + line
		}
	}
	return p
}

var deployVersionSchema = &schema{kind: "object", properties: map[string]*schema{
	"update_draft": {kind: "boolean", about: "Whether the draft becomes the version's code too"},
}}

func (s *Server) deployVersion(c echo.Context) error {
	var body struct {
		UpdateDraft bool `json:"update_draft"`
	}
	if err := cmp.Or(noQuery(c), readOptional(c, deployVersionSchema, &body)); err != nil {
		return err
	}
	a, err := s.action(c)
	if err != nil {
		return err
	}
	id := inside(host.VersionPrefix, param(c, "version"))
	v, err := s.Drafts.DeployVersion(c.Request().Context(), a.ID, id, body.UpdateDraft)
	if err != nil {
		return refusing(missing(err, noVersion))
	}
	return reply(c, http.StatusOK, viewDeploy(a, v))
}
