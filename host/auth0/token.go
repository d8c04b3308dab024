package auth0

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/text"
	"github.com/usherhost/usher/host/web"
)

// maxTokenRequestBytes bounds a request for a token.
const maxTokenRequestBytes = 64 << 10

// oauthError is an error in the form of RFC 6749, section 5.2.
type oauthError struct {
	Code        string `json:"error"`
	Description string `json:"error_description"`

	status int
	wait   time.Duration
}

// Error returns the description.
func (e *oauthError) Error() string { return e.Description }

func oauth(status int, code, format string, args ...any) *oauthError {
	return &oauthError{status: status, Code: code, Description: fmt.Sprintf(format, args...)}
}

// tokenRequest is what a client sends for a token. Parameters that it does not
// know are ignored, as the RFC wants it.
type tokenRequest struct {
	GrantType    string `json:"grant_type"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	Audience     string `json:"audience"`
	Scope        string `json:"scope"`

	basic bool // the client was named by the Authorization header
}

// tokenAnswer is RFC 6749's, section 5.1.
type tokenAnswer struct {
	AccessToken string `json:"access_token"`
	Scope       string `json:"scope"`
	ExpiresIn   int64  `json:"expires_in"` // seconds
	TokenType   string `json:"token_type"`
}

// token answers POST /oauth/token: an access token for the credentials of a
// client, which are an API key's id and the key itself.
func (g *gate) token(c echo.Context) error {
	answer, err := g.exchange(c)
	header := c.Response().Header()
	header.Set("Pragma", "no-cache")
	if err == nil {
		return reply(c, http.StatusOK, answer)
	}
	e, ok := errors.AsType[*oauthError](err)
	if !ok {
		g.server.log().LogAttrs(c.Request().Context(), slog.LevelError, "token request failed",
			slog.String("request_id", web.RequestID(c)), slog.Any("error", err))
		e = oauth(http.StatusInternalServerError, "server_error", "the host failed; its log has the cause")
	}
	if e.wait > 0 {
		header.Set(echo.HeaderRetryAfter, text.RetryAfter(e.wait))
	}
	return reply(c, e.status, e)
}

func (g *gate) exchange(c echo.Context) (tokenAnswer, error) {
	request, err := readTokenRequest(c)
	if err != nil {
		return tokenAnswer{}, g.count(c, g.failures, address(c), err)
	}
	key, err := g.clientOf(c, request)
	if err != nil {
		return tokenAnswer{}, g.count(c, g.failures, address(c), err)
	}
	if err := g.count(c, g.requests, key.ID, nil); err != nil {
		return tokenAnswer{}, err
	}
	base := g.server.base(c.Request())
	grant := Grant{Client: key.ID, Issuer: base, Audience: request.Audience}
	if grant.Audience == "" {
		grant.Audience = audienceOf(base)
	}
	if !isAudience(grant.Audience, base) {
		return tokenAnswer{}, oauth(http.StatusForbidden, "access_denied",
			"Service not found: %s; the API of this host is %s", grant.Audience, audienceOf(base))
	}
	if grant.Scopes, err = scopesFor(key, request.Scope); err != nil {
		return tokenAnswer{}, err
	}
	token, err := g.server.Issuer.Issue(grant, time.Now())
	return tokenAnswer{
		AccessToken: token, Scope: strings.Join(grant.Scopes, " "),
		ExpiresIn: int64(TokenLife / time.Second), TokenType: "Bearer",
	}, err
}

// scopesFor returns what a key may do, or as much of it as was asked for.
func scopesFor(key host.Key, asked string) ([]string, error) {
	scopes := granted(key)
	if len(scopes) == 0 {
		return nil, oauth(http.StatusForbidden, "access_denied",
			"Client has not been granted scopes: make a key with `usher keys create NAME --scope manage`")
	}
	if asked == "" {
		return scopes, nil
	}
	scopes = both(strings.Fields(asked), scopes)
	if len(scopes) == 0 {
		return nil, oauth(http.StatusBadRequest, "invalid_scope",
			"the client may not have any of these scopes; it may have: %s", strings.Join(granted(key), " "))
	}
	return scopes, nil
}

// clientOf returns the key of a client's credentials.
func (g *gate) clientOf(c echo.Context, r tokenRequest) (host.Key, error) {
	switch r.GrantType {
	case "client_credentials":
	case "":
		return host.Key{}, oauth(http.StatusBadRequest, "invalid_request", "Missing required parameter: grant_type")
	default:
		return host.Key{}, oauth(http.StatusBadRequest, "unsupported_grant_type", "Unsupported grant type: %s; send client_credentials", r.GrantType)
	}
	if r.ClientID == "" || r.ClientSecret == "" {
		return host.Key{}, unknownClient(c, r, "client_id and client_secret are needed: the id of an API key, and the key itself")
	}
	hash := web.HashKey(r.ClientSecret)
	key, err := g.server.Keys.KeyByHash(c.Request().Context(), hash)
	if err != nil && host.CodeOf(err) != host.NotFound {
		return host.Key{}, fmt.Errorf("look up a client: %w", err)
	}
	if err != nil || key.ID != inside(host.KeyPrefix, r.ClientID) {
		return host.Key{}, unknownClient(c, r, "Unauthorized: client_id and client_secret are not the id of an API key and the key itself; `usher keys list` shows the ids")
	}
	if err := key.Check(hash, time.Now()); err != nil {
		return host.Key{}, unknownClient(c, r, "Unauthorized: "+err.Error())
	}
	return key, nil
}

func unknownClient(c echo.Context, r tokenRequest, description string) error {
	if r.basic {
		c.Response().Header().Set(echo.HeaderWWWAuthenticate, `Basic realm="usher"`)
	}
	return &oauthError{status: http.StatusUnauthorized, Code: "invalid_client", Description: description}
}

// count counts a request of who; err when there were not too many.
func (g *gate) count(c echo.Context, l *web.Limiter, who string, err error) error {
	limited, ok := errors.AsType[*problem](g.take(c, l, who))
	if !ok {
		return err
	}
	e := oauth(http.StatusTooManyRequests, codeRate, "%s", limited.Message)
	e.wait = limited.retryAfter
	return e
}

// readTokenRequest reads a form or a JSON object, and the Authorization header.
func readTokenRequest(c echo.Context) (tokenRequest, error) {
	var r tokenRequest
	request := c.Request()
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), request.Body, maxTokenRequestBytes))
	if err != nil {
		return r, oauth(http.StatusBadRequest, "invalid_request", "the body can't be read: %v", err)
	}
	kind, _, err := mime.ParseMediaType(request.Header.Get(echo.HeaderContentType))
	switch {
	case err == nil && kind == echo.MIMEApplicationJSON:
		if err := json.Unmarshal(body, &r); err != nil {
			return r, oauth(http.StatusBadRequest, "invalid_request", "the body is no JSON object of strings")
		}
	case err == nil && kind == echo.MIMEApplicationForm:
		if err := r.readForm(string(body)); err != nil {
			return r, err
		}
	default:
		return r, oauth(http.StatusBadRequest, "invalid_request",
			"the Content-Type must be %s or %s", echo.MIMEApplicationForm, echo.MIMEApplicationJSON)
	}
	return r, r.readBasic(request)
}

func (r *tokenRequest) readForm(body string) error {
	form, err := url.ParseQuery(body)
	if err != nil {
		return oauth(http.StatusBadRequest, "invalid_request", "the body is no form")
	}
	for name, into := range map[string]*string{
		"grant_type": &r.GrantType, "client_id": &r.ClientID, "client_secret": &r.ClientSecret,
		"audience": &r.Audience, "scope": &r.Scope,
	} {
		if len(form[name]) > 1 {
			return oauth(http.StatusBadRequest, "invalid_request", "the parameter %s is there %d times", name, len(form[name]))
		}
		*into = form.Get(name)
	}
	return nil
}

// readBasic takes the client from the Authorization header, whose parts are
// escaped as in a form.
func (r *tokenRequest) readBasic(request *http.Request) error {
	id, secret, ok := request.BasicAuth()
	if !ok {
		return nil
	}
	if r.ClientSecret != "" {
		return oauth(http.StatusBadRequest, "invalid_request", "send the client's secret in the Authorization header or in the body, not in both")
	}
	r.basic = true
	var err1, err2 error
	r.ClientID, err1 = url.QueryUnescape(id)
	r.ClientSecret, err2 = url.QueryUnescape(secret)
	if err := errors.Join(err1, err2); err != nil {
		return oauth(http.StatusBadRequest, "invalid_request", "the Authorization header has escapes that are none")
	}
	return nil
}
