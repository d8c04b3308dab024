// Package admin serves the management API under /v1: actions, bindings, secrets
// and keys, and the executions and their results. It decodes requests, calls the
// registry or the store, and encodes the answers; the rules are theirs.
package admin

import (
	"cmp"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
	"github.com/usherhost/usher/proto/openapi"
)

// Server answers the management API. Set its fields before Register.
type Server struct {
	Registry  host.Registry
	Drafts    host.Drafts
	Checks    host.Checks // nil: no version is checked
	History   host.History
	Inspector host.Inspector
	Refused   Refused
	Replays   host.Replays
	Notices   Notices
	Webhooks  host.Webhooks

	// PollEvery is how often a long poll or a live tail looks for new results;
	// 0 is 100 ms.
	PollEvery time.Duration

	// HeartbeatEvery is how often a live tail shows that it lives when there is
	// nothing to send; 0 is 15 s.
	HeartbeatEvery time.Duration

	// MaxModuleBytes is the largest module that is taken; 0 is
	// [host.DefaultModuleBytes].
	MaxModuleBytes int

	// MaxTails is how many live tails may be open at once; 0 is 64.
	MaxTails int

	tails      tails
	sendWithin time.Duration // that a tail's reader may take for one event; 0 is 30 s
}

// maxJSONBytes is the largest body that is JSON.
const maxJSONBytes = 1 << 20

// maxUploadBytes is the largest body that holds a module: the registry has a
// limit for the module itself.
func (s *Server) maxUploadBytes() int64 {
	return int64(cmp.Or(s.MaxModuleBytes, host.DefaultModuleBytes)) + 1<<20
}

// Register adds every route below g, which stands for /v1. A key with scope
// read passes read, one with scope manage passes manage.
func (s *Server) Register(g *echo.Group, read, manage echo.MiddlewareFunc) {
	small, large := web.LimitBody(maxJSONBytes), web.LimitBody(s.maxUploadBytes())
	authenticate := manage
	manage = func(next echo.HandlerFunc) echo.HandlerFunc { return authenticate(named(next)) }

	g.GET("/openapi.yaml", document)
	g.GET("/openapi.json", documentAsJSON)

	g.GET("/actions", s.listActions, read)
	g.POST("/actions", s.createAction, manage, small)
	g.GET("/actions/:action", s.showAction, read)
	g.DELETE("/actions/:action", s.deleteAction, manage)
	g.GET("/actions/:action/draft", s.showDraft, read)
	g.PUT("/actions/:action/draft", s.putDraft, manage, web.LimitBody(maxSourceBytes))
	g.POST("/actions/:action/check", s.check, manage, forForms(small, large))
	g.GET("/actions/:action/egress", s.showEgress, read)
	g.POST("/actions/:action/egress/tighten", s.tightenEgress, manage, small)

	g.GET("/actions/:action/versions", s.listVersions, read)
	g.POST("/actions/:action/versions", s.upload, manage, large)
	g.GET("/actions/:action/versions/:number", s.showVersion, read)
	g.GET("/actions/:action/versions/:number/module", s.showModule, read)
	g.GET("/actions/:action/versions/:number/capabilities", s.showCapabilities, read)
	g.POST("/actions/:action/versions/:number/deploy", s.deploy, manage, small)

	g.GET("/actions/:action/secrets", s.listSecrets, read)
	g.PATCH("/actions/:action/secrets", s.setSecrets, manage, small)
	g.PUT("/actions/:action/secrets", s.replaceSecrets, manage, small)
	g.DELETE("/actions/:action/secrets/:name", s.deleteSecret, manage)

	g.GET("/triggers", s.listTriggers, read)
	g.GET("/triggers/:trigger/bindings", s.listBindings, read)
	g.PUT("/triggers/:trigger/bindings", s.replaceBindings, manage, small)
	g.PATCH("/bindings/:binding", s.updateBinding, manage, small)

	g.GET("/holds", s.listHolds, read)
	g.PUT("/pauses/:target", s.pause, manage, small)
	g.DELETE("/pauses/:target", s.resume, manage)

	s.registerExecutions(g, read, manage, small)
	g.GET("/logs", s.followLogs, read)
	g.GET("/tail", s.tail, read)
	g.GET("/changes", s.listChanges, read)

	s.registerEvents(g, read, manage)
	s.registerReplays(g, manage, small)
	s.registerRefused(g, read, manage)
	s.registerWebhooks(g, read, manage, small)
	s.registerKeys(g, read, manage, small)

	g.POST("/inspect", s.inspect, manage, large)
}

// RegisterWhoami adds the route of every key, below g, which stands for /v1. Any key
// passes authenticated.
func (s *Server) RegisterWhoami(g *echo.Group, authenticated echo.MiddlewareFunc) {
	g.GET("/whoami", s.whoami, authenticated)
}

// forForms uses one middleware for bodies that are forms, and another for others.
func forForms(others, forms echo.MiddlewareFunc) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		other, form := others(next), forms(next)
		return func(c echo.Context) error {
			if strings.HasPrefix(c.Request().Header.Get(echo.HeaderContentType), echo.MIMEMultipartForm) {
				return form(c)
			}
			return other(c)
		}
	}
}

func document(c echo.Context) error {
	return c.Blob(http.StatusOK, "application/yaml", openapi.Document())
}

func documentAsJSON(c echo.Context) error {
	return c.JSONBlob(http.StatusOK, openapi.JSON())
}
