package auth0

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

// The answers for an action that is not there, and for one that can't be made
// or deleted.
const (
	noAction   = "That action does not exist."
	nameTaken  = "An action with the same name already exists."
	stillBound = "Unable to delete an action bound to a trigger."
	otherModel = "can't upgrade to this trigger."
	noRuntime  = "runtime is not supported"
	notBuilt   = "A draft must be in the 'built' state before it can be deployed."
)

// runtimes are the names under which code is taken, each of which it keeps. All
// of it runs on the same engine. [host.RuntimeWasm] is for an action whose versions
// are uploaded modules.
var runtimes = []string{host.RuntimeNode, "node18-actions", "node18", "node16", "node12", host.RuntimeWasm}

// defaultRuntime is the first of runtimes.
var defaultRuntime = runtimes[0]

// actionView is Auth0's Action. Errors is ours: what is wrong with a draft that
// failed.
type actionView struct {
	ID                 string            `json:"id"`
	Name               string            `json:"name"`
	SupportedTriggers  []triggerRef      `json:"supported_triggers"`
	CreatedAt          time.Time         `json:"created_at"`
	UpdatedAt          time.Time         `json:"updated_at"`
	Code               string            `json:"code"`
	Dependencies       []host.Dependency `json:"dependencies"`
	Runtime            string            `json:"runtime"`
	Status             host.BuildStatus  `json:"status"`
	Errors             []errorView       `json:"errors,omitempty"`
	Secrets            []host.Secret     `json:"secrets"`
	Modules            []sharedModuleRef `json:"modules,omitempty"`
	CurrentVersion     *currentView      `json:"current_version,omitempty"`
	DeployedVersion    *versionView      `json:"deployed_version,omitempty"`
	AllChangesDeployed bool              `json:"all_changes_deployed"`
}

// errorView is Auth0's ActionError.
type errorView struct {
	ID  string `json:"id"`
	Msg string `json:"msg"`
	URL string `json:"url,omitempty"`
}

// sharedModuleRef is Auth0's ActionModuleReference.
type sharedModuleRef struct {
	ModuleID            string `json:"module_id,omitempty"`
	ModuleName          string `json:"module_name,omitempty"`
	ModuleVersionID     string `json:"module_version_id,omitempty"`
	ModuleVersionNumber int    `json:"module_version_number,omitempty"`
}

func (s *Server) listActions(c echo.Context) error {
	q, err := queryOf(c, paging(map[string]*schema{
		"triggerId":  {kind: "string", about: "A trigger that the actions support", enum: triggerTypes},
		"actionName": {kind: "string", about: "The name of an action"},
		"deployed":   {kind: "boolean", about: "Whether the actions are deployed"},
		"installed":  {kind: "boolean", about: "Whether the actions come from the marketplace"},
	}))
	if err != nil {
		return err
	}
	all, err := s.Registry.Actions(c.Request().Context(), "")
	if err != nil {
		return err
	}
	p := pageOf(q, slices.DeleteFunc(all, q.leavesOut), defaultPerPage)
	views, err := viewAll(c.Request().Context(), p.items, s.viewAction)
	if err != nil {
		return err
	}
	return reply(c, http.StatusOK, answer("actions", p, views))
}

// leavesOut reports whether the filters leave an action out. None comes from a
// marketplace.
func (q query) leavesOut(a host.Action) bool {
	trigger, name := q.text("triggerId"), q.text("actionName")
	deployed, askedDeployed := q.flag("deployed")
	installed, _ := q.flag("installed")
	return installed ||
		trigger != "" && trigger != string(a.Trigger) ||
		name != "" && name != a.Name ||
		askedDeployed && deployed != (a.Deployed != nil)
}

// actionBody is what a client sends to make or change an action.
type actionBody struct {
	Name              *string             `json:"name"`
	SupportedTriggers []triggerRef        `json:"supported_triggers"`
	Code              *string             `json:"code"`
	Dependencies      *[]host.Dependency  `json:"dependencies"`
	Runtime           *string             `json:"runtime"`
	Secrets           *[]host.SecretWrite `json:"secrets"`
	Modules           *[]sharedModuleRef  `json:"modules"`
	Deploy            bool                `json:"deploy"`
}

var (
	dependencySchema = &schema{kind: "object", about: "An npm package", required: []string{"name"}, properties: map[string]*schema{
		"name":         {kind: "string", about: "The name of the package", least: 1},
		"version":      {kind: "string", about: "The version of the package"},
		"registry_url": {kind: "string", about: "The registry of the package"},
	}}
	secretSchema = &schema{kind: "object", about: "A secret", open: true, required: []string{"name"}, properties: map[string]*schema{
		"name":  {kind: "string", about: "The name of the secret", least: 1, most: host.MaxSecretNameChars},
		"value": {kind: "string", about: "The value of the secret", most: host.MaxSecretValueChars},
	}}
	sharedModuleRefSchema = &schema{kind: "object", about: "A module and its version", properties: map[string]*schema{
		"module_id":             {kind: "string", about: "The id of the module"},
		"module_name":           {kind: "string", about: "The name of the module"},
		"module_version_id":     {kind: "string", about: "The id of the module's version"},
		"module_version_number": {kind: "integer", about: "The number of the module's version"},
	}}
	updateActionSchema = &schema{kind: "object", properties: map[string]*schema{
		"name":               {kind: "string", about: "The name of an action", least: 1},
		"supported_triggers": {kind: "array", about: "The triggers that an action supports", least: 1, items: triggerSchema},
		"code":               {kind: "string", about: "The source code of the action"},
		"dependencies":       {kind: "array", about: "The npm packages that the action needs", items: dependencySchema},
		"runtime":            {kind: "string", about: "The runtime of the action"},
		"secrets":            {kind: "array", about: "The secrets of the action", items: secretSchema},
		"modules":            {kind: "array", about: "The modules that the action uses", items: sharedModuleRefSchema},
	}}
	createActionSchema = &schema{
		kind: "object", required: []string{"name", "supported_triggers"},
		properties: with(updateActionSchema.properties, "deploy", &schema{kind: "boolean", about: "Whether to deploy the action"}),
	}
)

// with returns properties with one more.
func with(properties map[string]*schema, name string, s *schema) map[string]*schema {
	all := map[string]*schema{name: s}
	for name, s := range properties {
		all[name] = s
	}
	return all
}

func (s *Server) createAction(c echo.Context) error {
	var body actionBody
	if err := cmp.Or(noQuery(c), read(c, createActionSchema, &body)); err != nil {
		return err
	}
	trigger, err := servedTrigger(body.SupportedTriggers)
	if err != nil {
		return err
	}
	source := host.Source{
		Runtime: valueOf(body.Runtime), Code: valueOf(body.Code),
		Dependencies: valueOf(body.Dependencies), SharedModules: sharedModulesOf(body.Modules),
	}
	source.Runtime = cmp.Or(source.Runtime, defaultRuntime)
	if !slices.Contains(runtimes, source.Runtime) {
		return badRequest(noRuntime)
	}
	a, _, err := s.Drafts.CreateSourceAction(c.Request().Context(), *body.Name, trigger, source, valueOf(body.Secrets), body.Deploy)
	if err != nil {
		return conflicting(err, http.StatusConflict, nameTaken)
	}
	return s.answerChanged(c, http.StatusCreated, a)
}

func (s *Server) showAction(c echo.Context) error {
	if err := noQuery(c); err != nil {
		return err
	}
	a, err := s.action(c)
	if err != nil {
		return err
	}
	return s.answerAction(c, http.StatusOK, a)
}

func (s *Server) updateAction(c echo.Context) error {
	var body actionBody
	if err := cmp.Or(noQuery(c), read(c, updateActionSchema, &body)); err != nil {
		return err
	}
	a, err := s.action(c)
	if err != nil {
		return err
	}
	for _, t := range body.SupportedTriggers {
		if t.ID != string(a.Trigger) || !t.current() {
			return badRequest(otherModel)
		}
	}
	if body.Runtime != nil && !slices.Contains(runtimes, *body.Runtime) {
		return badRequest(noRuntime)
	}
	patch := host.SourcePatch{
		Name: body.Name, Code: body.Code, Dependencies: body.Dependencies, Runtime: body.Runtime, Secrets: body.Secrets,
	}
	if body.Modules != nil {
		sharedModules := sharedModulesOf(body.Modules)
		patch.SharedModules = &sharedModules
	}
	a, _, err = s.Drafts.PatchSource(c.Request().Context(), a.ID, patch)
	if err != nil {
		return s.unpatched(c, err, body.Name)
	}
	return s.answerChanged(c, http.StatusOK, a)
}

// unpatched distinguishes a name that is taken from an action that can't take what it
// was sent, such as code for one whose versions are uploaded.
func (s *Server) unpatched(c echo.Context, err error, name *string) error {
	if name != nil && host.CodeOf(err) == host.Conflict {
		if _, found := s.Registry.Action(c.Request().Context(), *name); found == nil {
			return conflicting(err, http.StatusConflict, nameTaken)
		}
	}
	return missing(err, noAction)
}

func (s *Server) deleteAction(c echo.Context) error {
	q, err := queryOf(c, map[string]*schema{"force": {kind: "boolean", about: "Whether to unbind the action"}})
	if err != nil {
		return err
	}
	force, _ := q.flag("force")
	_, err = s.Registry.DeleteAction(c.Request().Context(), inside(host.ActionPrefix, param(c, "id")), force)
	if err != nil {
		return conflicting(missing(err, noAction), http.StatusConflict, stillBound)
	}
	return c.NoContent(http.StatusNoContent)
}

// action returns the action that the path names.
func (s *Server) action(c echo.Context) (host.Action, error) {
	a, err := s.Registry.Action(c.Request().Context(), inside(host.ActionPrefix, param(c, "id")))
	if err != nil {
		return a, missing(err, noAction)
	}
	return a, nil
}

func (s *Server) answerAction(c echo.Context, status int, a host.Action) error {
	view, err := s.viewAction(c.Request().Context(), a)
	if err != nil {
		return err
	}
	return reply(c, status, view)
}

// answerChanged is answerAction for a change, whose build has just begun: Auth0
// calls that pending.
func (s *Server) answerChanged(c echo.Context, status int, a host.Action) error {
	view, err := s.viewAction(c.Request().Context(), a)
	if err != nil {
		return err
	}
	if view.Status == host.BuildBuilding {
		view.Status = host.BuildPending
	}
	if status == http.StatusCreated && view.DeployedVersion != nil { // Auth0 answers with a version that it has just begun to build
		view.CurrentVersion.BuildTime, view.DeployedVersion.BuiltAt = time.Time{}, time.Time{}
	}
	return reply(c, status, view)
}

// draft returns an action's draft. To Auth0's clients the newest module is the
// draft of an action whose versions are uploaded; its revision is 0.
func (s *Server) draft(ctx context.Context, a host.Action) (host.Draft, error) {
	d, err := s.Drafts.Draft(ctx, a.ID)
	if err == nil || host.CodeOf(err) != host.NotFound {
		return d, err
	}
	d = host.Draft{ActionID: a.ID, Status: host.BuildPending, Source: host.Source{Runtime: host.RuntimeWasm}}
	versions, err := s.Registry.Versions(ctx, a.ID)
	if err == nil && len(versions) > 0 {
		d.Status, d.Digest = versions[0].Status, versions[0].Digest
		d.UpdatedAt, d.BuiltAt = versions[0].CreatedAt, versions[0].CreatedAt
	}
	return d, err
}

func (s *Server) viewAction(ctx context.Context, a host.Action) (actionView, error) {
	d, err := s.draft(ctx, a)
	if err != nil {
		return actionView{}, err
	}
	view := actionView{
		ID: outside(a.ID), Name: a.Name, SupportedTriggers: refsOf(a.Trigger),
		CreatedAt: a.CreatedAt, UpdatedAt: a.UpdatedAt,
		Code: d.Source.Code, Dependencies: web.Listed(d.Source.Dependencies), Runtime: d.Source.Runtime,
		Status: d.Status, Errors: viewErrors(d.Errors),
		Secrets: web.Listed(a.Secrets), Modules: viewSharedModuleRefs(d.Source.SharedModules),
		AllChangesDeployed: a.AllDeployed(d),
	}
	if d.UpdatedAt.After(view.UpdatedAt) {
		view.UpdatedAt = d.UpdatedAt
	}
	if d.Status == host.BuildBuilt {
		view.Dependencies = installed(d.Source.Dependencies)
	}
	if a.Deployed != nil {
		deployed := viewVersion(a, *a.Deployed)
		view.CurrentVersion, view.DeployedVersion = viewCurrent(deployed), &deployed
	}
	return view, nil
}

// installed returns dependencies as a build leaves them: without the registry
// that they came from.
func installed(dependencies []host.Dependency) []host.Dependency {
	all := make([]host.Dependency, len(dependencies))
	for i, d := range dependencies {
		all[i] = host.Dependency{Name: d.Name, Version: d.Version}
	}
	return all
}

func viewErrors(errors []host.BuildMessage) []errorView {
	var views []errorView
	for _, e := range errors {
		views = append(views, errorView{ID: "build_error", Msg: lineOf(e)})
	}
	return views
}

// lineOf returns a build error in one piece: "action.js:3:14: text: line (hint)".
func lineOf(e host.BuildMessage) string {
	out := e.Headline()
	if line := strings.TrimSpace(e.LineText); line != "" {
		out += ": " + line
	}
	if h := hint(e.Hint, e.Fix); h != "" {
		out += " (" + h + ")"
	}
	return out
}

func sharedModulesOf(refs *[]sharedModuleRef) []host.SharedModuleRef {
	var all []host.SharedModuleRef
	for _, r := range valueOf(refs) {
		ref := host.SharedModuleRef{Name: r.ModuleName, Number: r.ModuleVersionNumber}
		if r.ModuleID != "" {
			ref.SharedModuleID = inside(host.SharedModulePrefix, r.ModuleID)
		}
		if r.ModuleVersionID != "" {
			ref.VersionID = inside(host.ReleasePrefix, r.ModuleVersionID)
		}
		all = append(all, ref)
	}
	return all
}

func viewSharedModuleRefs(refs []host.SharedModuleRef) []sharedModuleRef {
	var views []sharedModuleRef
	for _, r := range refs {
		views = append(views, sharedModuleRef{
			ModuleID: outside(r.SharedModuleID), ModuleName: r.Name,
			ModuleVersionID: outside(r.VersionID), ModuleVersionNumber: r.Number,
		})
	}
	return views
}

// valueOf is what p points at, and the zero value for nil.
func valueOf[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
