// Package auth0 serves the part of Auth0's Management API that is about
// Actions, under /api/v2/actions, and the token endpoint that its clients ask
// first. It speaks Auth0's paths, ids, shapes and error messages, so that the
// tools made for Auth0 work unchanged; the rules are the registry's.
//
// # Main types
//
//   - [Server] answers the requests. Its Register adds the routes, which stand as
//     tables in server.go, each with the scope that it asks for: actions with
//     their versions, deploys and tests; triggers with their bindings; executions;
//     and shared modules, which Auth0 calls modules.
//   - [Issuer] signs and checks the access tokens, [Grant] is what a token says.
//     POST /oauth/token exchanges an API key for a token: the key's id is the
//     client's id, the key itself is the client's secret. A key is accepted in
//     place of a token too. Who deletes a key revokes its tokens.
//   - [Rate] limits the requests of a client, and the failed ones of an address.
//
// # Shapes
//
// Requests are checked against the schemas that stand beside their handlers; see
// schema.go. Errors have Auth0's form and codes; see problem.go. Ids are shown as
// UUIDs and accepted in both forms; see id.go. The shapes of all answers are
// recorded in testdata, and the folder clients tests with Auth0's own clients.
package auth0

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

// Server answers Auth0's API. Set its fields before Register.
type Server struct {
	Registry host.Registry
	Drafts   host.Drafts
	History  host.History
	Keys     host.KeyStore // a client is a key: its id the client's id, the key itself the client's secret
	Issuer   *Issuer

	// PublicURL is what clients call the host, such as
	// "https://usher.example.com", for hosts behind a proxy that changes the
	// Host header. Nil takes the scheme and Host of each request.
	PublicURL *url.URL

	Requests Rate // of each client; zero is 100 a second, 500 at once
	Failures Rate // without a valid token, of each address; zero is 1 a second, 20 at once

	DeployWait time.Duration // how long a deploy waits for a draft that is building; zero is 5 s

	Log *slog.Logger // causes of 500s; nil is slog's default
}

// Rate is how many requests are answered before a 429.
type Rate struct {
	PerSecond float64
	Burst     int
}

// root begins every path of the API.
const root = "/api/v2"

// maxBodyBytes bounds a body; code may have 1 MiB less what is around it.
const maxBodyBytes = 1<<20 + 64<<10

// route is one endpoint with the scope that it asks for.
type route struct {
	method, path string
	scope        string
	handle       echo.HandlerFunc
}

func (s *Server) routes() []route {
	return slices.Concat(s.actionRoutes(), s.bindingRoutes(), s.sharedModuleRoutes())
}

func (s *Server) actionRoutes() []route {
	const actions = root + "/actions/actions"
	return []route{
		{http.MethodGet, actions, scopeRead, s.listActions},
		{http.MethodPost, actions, scopeCreate, s.createAction},
		{http.MethodGet, actions + "/:id", scopeRead, s.showAction},
		{http.MethodPatch, actions + "/:id", scopeUpdate, s.updateAction},
		{http.MethodDelete, actions + "/:id", scopeDelete, s.deleteAction},
		{http.MethodPost, actions + "/:id/deploy", scopeCreate, s.deployAction},
		{http.MethodPost, actions + "/:id/test", scopeCreate, s.testAction},
		{http.MethodGet, actions + "/:id/versions", scopeRead, s.listVersions},
		{http.MethodGet, actions + "/:id/versions/:version", scopeRead, s.showVersion},
		{http.MethodPost, actions + "/:id/versions/:version/deploy", scopeCreate, s.deployVersion},
	}
}

func (s *Server) bindingRoutes() []route {
	const triggers = root + "/actions/triggers"
	return []route{
		{http.MethodGet, triggers, scopeRead, s.listTriggers},
		{http.MethodGet, triggers + "/:trigger/bindings", scopeRead, s.listBindings},
		{http.MethodPatch, triggers + "/:trigger/bindings", scopeUpdate, s.replaceBindings},
		{http.MethodGet, root + "/actions/executions/:id", scopeRead, s.showExecution},
	}
}

func (s *Server) sharedModuleRoutes() []route {
	const modules = root + "/actions/modules"
	return []route{
		{http.MethodGet, modules, scopeRead, s.listSharedModules},
		{http.MethodPost, modules, scopeCreate, s.createSharedModule},
		{http.MethodGet, modules + "/:id", scopeRead, s.showSharedModule},
		{http.MethodPatch, modules + "/:id", scopeUpdate, s.updateSharedModule},
		{http.MethodDelete, modules + "/:id", scopeDelete, s.deleteSharedModule},
		{http.MethodGet, modules + "/:id/actions", scopeRead, s.listSharedModuleUsers},
		{http.MethodGet, modules + "/:id/versions", scopeRead, s.listReleases},
		{http.MethodPost, modules + "/:id/versions", scopeUpdate, s.publishSharedModule},
		{http.MethodGet, modules + "/:id/versions/:version", scopeRead, s.showRelease},
		{http.MethodPost, modules + "/:id/rollback", scopeUpdate, s.rollbackSharedModule},
	}
}

// Register adds every route, and one that answers all other paths below
// /api/v2 in Auth0's form.
func (s *Server) Register(e *echo.Echo) {
	g := &gate{
		server:   s,
		requests: limiter(s.Requests, Rate{PerSecond: 100, Burst: 500}),
		failures: limiter(s.Failures, Rate{PerSecond: 1, Burst: 20}),
	}
	routes := s.routes()
	for _, r := range routes {
		e.Add(r.method, r.path, s.answering(g.guard(r)))
	}
	lost := s.answering(g.lost(routes))
	e.Any(root, lost)
	e.Any(root+"/*", lost)
	e.POST("/oauth/token", g.token)
}

func limiter(r, standard Rate) *web.Limiter {
	if r == (Rate{}) {
		r = standard
	}
	return &web.Limiter{PerSecond: r.PerSecond, Burst: r.Burst}
}

// lost answers a path that is not there, or not with this method.
func (g *gate) lost(routes []route) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := g.take(c, g.requests, address(c)); err != nil {
			return err
		}
		var methods []string
		for _, r := range routes {
			if fits(r.path, c.Request().URL.Path) {
				methods = append(methods, r.method)
				if r.method == http.MethodGet {
					methods = append(methods, http.MethodHead) // of web.NewEcho
				}
			}
		}
		if len(methods) == 0 {
			return &problem{Status: http.StatusNotFound, Message: "Not Found"}
		}
		c.Response().Header().Set(echo.HeaderAllow, strings.Join(methods, ", "))
		return &problem{Status: http.StatusMethodNotAllowed, Message: "Method Not Allowed"}
	}
}

// fits reports whether a path is one of a route's.
func fits(pattern, path string) bool {
	want, have := strings.Split(pattern, "/"), strings.Split(path, "/")
	return slices.EqualFunc(want, have, func(w, h string) bool {
		return w == h || strings.HasPrefix(w, ":") && h != ""
	})
}

// base is what clients call the host.
func (s *Server) base(r *http.Request) url.URL {
	if s.PublicURL != nil {
		return url.URL{Scheme: s.PublicURL.Scheme, Host: s.PublicURL.Host}
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return url.URL{Scheme: scheme, Host: r.Host}
}

func (s *Server) log() *slog.Logger {
	if s.Log == nil {
		return slog.Default()
	}
	return s.Log
}

// reply answers with JSON as Auth0 writes it: code stays readable, for nothing
// in it is escaped that need not be.
func reply(c echo.Context, status int, body any) error {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(body); err != nil {
		return fmt.Errorf("encode an answer: %w", err)
	}
	return c.Blob(status, "application/json; charset=utf-8", text.Bytes())
}
