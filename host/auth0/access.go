package auth0

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

// Auth0's scopes of the endpoints for Actions.
const (
	scopeRead   = "read:actions"
	scopeCreate = "create:actions"
	scopeUpdate = "update:actions"
	scopeDelete = "delete:actions"
)

// maxTokenBytes is more than any token of ours has.
const maxTokenBytes = 8 << 10

// gate lets requests through to the endpoints.
type gate struct {
	server             *Server
	requests, failures *web.Limiter
}

// client is who asks, and what for at most.
type client struct {
	key    host.Key
	kind   string // the actor's
	scopes []string
}

// guard lets through to r who has a token or key with its scope, and has not
// asked too often.
func (g *gate) guard(r route) echo.HandlerFunc {
	return func(c echo.Context) error {
		who, err := g.authenticate(c)
		if err != nil {
			return g.refuse(c, err)
		}
		web.SetKey(c, who.key)
		if err := g.take(c, g.requests, who.key.ID); err != nil {
			return err
		}
		if !slices.Contains(who.scopes, r.scope) {
			return &problem{
				Status: http.StatusForbidden, Code: codeScope,
				Message: "Insufficient scope, expected any of: " + r.scope,
			}
		}
		actor := host.Actor{Kind: who.kind, ID: who.key.ID, Name: who.key.Name}
		request := c.Request()
		request.Body = http.MaxBytesReader(c.Response(), request.Body, maxBodyBytes)
		c.SetRequest(request.WithContext(host.WithActor(request.Context(), actor)))
		return r.handle(c)
	}
}

// authenticate finds out who asks: the holder of an access token, or of an API
// key, which is as good as the token that it could be exchanged for.
func (g *gate) authenticate(c echo.Context) (client, error) {
	token, err := bearer(c)
	if err != nil {
		return client{}, err
	}
	if strings.Count(token, ".") == 2 {
		return g.ofToken(c, token)
	}
	hash := web.HashKey(token)
	key, err := g.server.Keys.KeyByHash(c.Request().Context(), hash)
	if err == nil {
		err = key.Check(hash, time.Now())
	}
	if err != nil {
		return client{}, unknownToken(err, "Invalid token")
	}
	return client{key: key, kind: "key", scopes: granted(key)}, nil
}

func bearer(c echo.Context) (string, error) {
	given := c.Request().Header.Get(echo.HeaderAuthorization)
	if given == "" {
		return "", unauthorized("Missing authentication")
	}
	scheme, token, _ := strings.Cut(given, " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(scheme, "Bearer") || token == "" || len(token) > maxTokenBytes {
		return "", unauthorized("Invalid token")
	}
	return token, nil
}

// ofToken checks a token, and that the key that it was made for is still there:
// deleting the key revokes its tokens.
func (g *gate) ofToken(c echo.Context, token string) (client, error) {
	grant, err := g.server.Issuer.verify(token, g.server.base(c.Request()))
	if err != nil {
		return client{}, err
	}
	keys, err := g.server.Keys.Keys(c.Request().Context())
	if err != nil {
		return client{}, fmt.Errorf("look up the key of a token: %w", err)
	}
	i := slices.IndexFunc(keys, func(k host.Key) bool { return k.ID == grant.Client })
	if i < 0 {
		return client{}, unauthorized("Invalid token")
	}
	if err := tokenOf(keys[i], grant.IssuedAt, time.Now()); err != nil {
		return client{}, unauthorized(err.Error())
	}
	return client{key: keys[i], kind: "client", scopes: both(grant.Scopes, granted(keys[i]))}, nil
}

// tokenOf checks the key of a token: one that was issued before the key was rotated is
// valid as long as the secret that it was exchanged for.
func tokenOf(k host.Key, issued, now time.Time) error {
	hash := k.Hash
	if issued.Before(k.RotatedAt.Truncate(time.Second)) {
		hash = k.PreviousHash
	}
	return k.Check(hash, now)
}

// granted returns Auth0's scopes that a key has. A key that only posts events
// has none.
func granted(key host.Key) []string {
	switch {
	case key.May(host.ScopeManage):
		return []string{scopeRead, scopeCreate, scopeUpdate, scopeDelete}
	case key.May(host.ScopeRead):
		return []string{scopeRead}
	}
	return nil
}

// both returns what is in a and in b, in b's order.
func both(a, b []string) []string {
	var all []string
	for _, s := range b {
		if slices.Contains(a, s) {
			all = append(all, s)
		}
	}
	return all
}

func unauthorized(message string) *problem {
	return &problem{Status: http.StatusUnauthorized, Message: message}
}

// unknownToken is the refusal of a key that is not there, or the error that
// kept it from being looked up.
func unknownToken(err error, message string) error {
	switch host.CodeOf(err) {
	case host.NotFound:
		return unauthorized(message)
	case host.Unauthorized:
		return unauthorized(err.Error())
	}
	return fmt.Errorf("look up an API key: %w", err)
}

// refuse counts a request without a valid token, and refuses it with 429 when
// there were too many from its address.
func (g *gate) refuse(c echo.Context, err error) error {
	if problemOf(err).Status != http.StatusUnauthorized {
		return err
	}
	if limited := g.take(c, g.failures, address(c)); limited != nil {
		return limited
	}
	c.Response().Header().Set(echo.HeaderWWWAuthenticate, `Bearer realm="usher"`)
	return err
}

// take counts a request of who, sends it the number that is left, and refuses it
// when there were too many.
func (g *gate) take(c echo.Context, l *web.Limiter, who string) error {
	wait := l.Take(who, 1)
	left, full := l.Left(who)
	header := c.Response().Header()
	header.Set("X-RateLimit-Limit", strconv.Itoa(l.Burst))
	header.Set("X-RateLimit-Remaining", strconv.Itoa(left))
	header.Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(full+time.Second-1).Unix(), 10))
	if wait == 0 {
		return nil
	}
	return &problem{
		Status: http.StatusTooManyRequests, Code: codeRate, retryAfter: wait,
		Message: "Global limit has been reached",
	}
}

// address is what callers without a key are counted by: an IPv4 address, or an
// IPv6 /64, because a caller with one address of it has all.
func address(c echo.Context) string {
	ip, err := netip.ParseAddr(c.RealIP())
	if err != nil || ip.Unmap().Is4() {
		return c.RealIP()
	}
	prefix, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return c.RealIP()
	}
	return prefix.String()
}
